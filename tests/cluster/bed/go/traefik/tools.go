//go:build tools

// Package tools keeps Traefik in go.mod: its program is built from its own package.
package tools

import _ "github.com/traefik/traefik/v3/cmd/traefik"
