# Lines "address hour account" to the answer of query Q: how many groups of address and hour have at
# least 20 accounts, and how many accounts these are together.
!($0 in seen) { seen[$0]; accounts[$1 " " $2]++ }
END {
    for (group in accounts) if (accounts[group] >= 20) { groups++; sum += accounts[group] }
    print groups + 0, sum + 0
}
