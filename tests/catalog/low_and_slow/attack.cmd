# An account every two hours from one address; the third day has had more than eight in a day.
python3 "$SUPPORT/signins.py" \
    'count=36 step=7200'
