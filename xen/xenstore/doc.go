// Package xenstore binds libxenstore: the tree of small texts by which Xen's domains
// and tools find each other (xenstore.h, docs/misc/xenstore.txt).
package xenstore
