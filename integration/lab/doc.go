// Package lab runs real Xen hosts inside QEMU on a machine without special hardware: it builds the dom0 image and
// the guests, boots one host a site, shapes the link between the sites, and breaks things on request. It is what
// "xenvoy lab" calls and what the integration tests run on.
//
// A lab is a folder of state: Up makes it, Open finds it again from any process, Down ends it. Hosts are called a
// and b, in a guest-visible network 192.168.50.0/24 that stands for the WAN; each host bridges it to its guests as br0.
package lab
