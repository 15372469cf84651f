module kubeglass.test/pause

go 1.24
