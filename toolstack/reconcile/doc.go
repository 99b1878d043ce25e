// Package reconcile brings what runs on a host to what domain files say. Compare tells in
// what a running domain differs from its file, NewPlan what would have to be done for many
// files, and Plan.Apply does it: all of it, or nothing.
//
// libxl keeps the configuration that a domain was created with, as it was given, adds what
// tells devices apart, and answers with the present memory, virtual CPUs and scheduling
// (tools/libs/light, libxl__update_domain_configuration and
// libxl_retrieve_domain_configuration). So a file and a running domain are compared value by
// value: a value that only the domain has is a difference, unless it is libxl's own (see
// filled) or the default of what the file leaves out (see defaultOf).
package reconcile
