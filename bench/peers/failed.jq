.properties | select(.status.errorCode | . == 50126 or . == 50053 or . == 50034)
    | "\(.ipAddress) \(.createdDateTime[:13]) \(.userPrincipalName)"
