# The password is found by the first attempts, before there are enough of them to be a spray.
python3 "$SUPPORT/signins.py" \
    'user=early@fabrikam.example code=50055 start=2024-02-01T08:59:40Z' \
    'count=12'
