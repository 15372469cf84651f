//go:build never

// Package sources names the programs we build, so that go.mod and go.sum pin every module they need.
package sources

import (
	_ "github.com/prometheus/prometheus/cmd/prometheus"
	_ "github.com/prometheus/prometheus/cmd/promtool"
)
