module example.com/go-json

go 1.21
