module respand

go 1.19
