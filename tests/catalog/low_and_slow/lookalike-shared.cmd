# A hotel: two dozen strangers mistype in a week, while hundreds sign in.
python3 "$SUPPORT/signins.py" \
    'count=24 step=25000' \
    'count=400 step=1500 user=guest{n}@fabrikam.example code=0'
