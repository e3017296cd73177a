module storm

go 1.19

require respand v0.0.0

replace respand => ../../../clients/go
