# The same five accounts fail from one address every day for a month.
python3 "$SUPPORT/signins.py" \
    'count=150 step=17280 user=user{n%5}@fabrikam.example'
