// Package autostart starts domains with their host and ends them with it, as the key
// autostart of their files says. One domain that fails does not keep the others from
// starting or ending.
package autostart
