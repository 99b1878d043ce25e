// Package xenstore binds libxenstore: the tree of small texts by which Xen's domains
// and tools find each other (xenstore.h, docs/misc/xenstore.txt).
//
// A [Client] is one connection. It reads and writes single nodes, several at once in a
// transaction ([Client.Transact]), and reports changes ([Client.Watch]).
//
// # When xenstored hangs
//
// A request cannot be interrupted once libxenstore has sent it. So each client has one
// goroutine, its worker, that makes the requests and owns what C uses in them. A caller
// whose context ends leaves with [ErrUnanswered]; the request goes on, others wait
// behind it, each as long as its own context lasts, and one thread is stuck however
// many they are. [Client.Close] says so when it could not disconnect: then the worker
// does, as soon as xenstored answers or ends. What a late answer would leave behind, a
// transaction or a watch, is undone.
//
// # What a program must observe
//
//   - A relative path is relative to the program's own domain, and refused by most
//     xenstoreds: begin paths with a slash.
//   - Values come from guests as well: expect anything of up to 4096 bytes.
//   - libxenstore takes answers in their order, without a look at their ids, and trusts
//     xenstored to put the right number of NULs into them.
//   - Xen 4.17's libxenstore has the whole process ignore SIGPIPE while it makes a
//     request, and two at the same time, for two clients, may leave it so. Later ones
//     do not.
//
// # What is not bound
//
// "Implements:" in a comment names the C function that a method binds. The others, and
// why they are left out:
//
//   - xs_daemon_open, xs_domain_open, xs_daemon_open_readonly, xs_daemon_close: old
//     names of xs_open and xs_close.
//   - xs_daemon_destroy_postfork: Go programs do not fork without starting a program.
//   - xs_restrict: always fails since Xen 4.9.
//   - xs_read_watch: blocks without end where xs_check_watch does not.
//   - xs_introduce_domain, xs_release_domain, xs_set_target, xs_resume_domain: libxl
//     makes these requests for the domains that it builds, resumes and ends.
//   - xs_control_command, xs_debug_command: xenstored's own administration, which has
//     xenstore-control.
//   - xs_suspend_evtchn_port: a Read on a connection of its own.
//   - xs_path_is_subpath: compares strings, without xenstored.
//   - xs_daemon_rundir, xs_daemon_socket, xs_daemon_socket_ro: where xenstored's socket
//     is; xs_open knows.
//   - xs_write_all, xs_strings_to_perms: parts of libxenstore that its tools use.
//   - xs_get_features_supported, xs_get_features_domain, xs_set_features_domain: since
//     Xen 4.21; this package builds against older ones.
//   - xs_watch_depth, xs_watch_try_depth: since Xen 4.22; the same.
//   - xs_get_quota_names, xs_get_global_quota, xs_set_global_quota: since Xen 4.22; the
//     same.
//   - xs_get_domain_quota, xs_set_domain_quota: since Xen 4.22; the same.
package xenstore
