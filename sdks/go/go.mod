module github.com/netrasystems/netra-go

go 1.23
