# Three accounts a day from one address: never eight in a day, but fifteen in a week.
python3 "$SUPPORT/signins.py" \
    'count=21 step=28800'
