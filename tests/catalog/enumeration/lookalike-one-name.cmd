# A program that still uses the name of somebody who has left.
python3 "$SUPPORT/signins.py" \
    'count=600 step=30 user=left@fabrikam.example code=50034'
