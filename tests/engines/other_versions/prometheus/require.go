//go:build never

// Package sources names the program that is built, so that go.mod and go.sum pin every module it needs.
package sources

import _ "github.com/prometheus/prometheus/cmd/prometheus"
