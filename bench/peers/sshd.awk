# Lines of sshd to "address hour account".
/Failed password/ {
    for (i = 1; i <= NF && $i != "from"; i++) {}
    print $(i + 1), substr($0, 1, 13), $(i - 1)
}
