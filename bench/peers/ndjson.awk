# Lines of Azure Monitor's records to "address hour account". Looks for the first text that reads like
# a key: it does not know the structure of JSON, and takes a key within a string for one.
function value(key,    rest) {
    rest = substr($0, index($0, key) + length(key))
    return substr(rest, 1, index(rest, "\"") - 1)
}
/"errorCode":(50126|50053|50034)[,}]/ {
    print value("\"ipAddress\":\""), substr(value("\"createdDateTime\":\""), 1, 13),
        value("\"userPrincipalName\":\"")
}
