# Seven names are not ten, and ten that do not exist are not half of twenty-four that fail: the rest are
# people of an office who mistype, among those who do not.
python3 "$SUPPORT/signins.py" \
    'count=7 step=20 user=guess{n}@fabrikam.example code=50034 ip=198.51.100.9 agent=other/1 client=other asn=64511' \
    'count=300 step=10 start=2024-02-01T08:30:00Z user=user{n%60}@fabrikam.example code=0' \
    'count=10 step=50 start=2024-02-01T09:00:00Z user=mistyped{n}@fabrikam.example code=50034' \
    'count=14 step=40 start=2024-02-01T09:00:00Z user=user{n}@fabrikam.example'
