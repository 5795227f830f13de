# Ten accounts in ten minutes, one attempt each: as few as it takes.
python3 "$SUPPORT/signins.py" \
    'count=10 step=66'
