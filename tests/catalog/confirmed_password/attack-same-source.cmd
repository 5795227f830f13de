# The spray signs in itself. MFA stops it, and the password is known all the same.
python3 "$SUPPORT/signins.py" \
    'count=12' \
    'start=2024-02-01T09:05:00Z user=user3@fabrikam.example code=50076'
