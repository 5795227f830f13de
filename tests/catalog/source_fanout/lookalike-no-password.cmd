# Failures that say nothing of a password: interrupted and blocked sign-ins, no network behind them.
python3 "$SUPPORT/signins.py" \
    'count=60 step=5 code=50058 ip=198.51.100.4' \
    'count=60 step=5 code=90033 ip=198.51.100.5 user=other{n}@fabrikam.example'
