/// What `--debug` shows.
package enum TraceCategory: String, CaseIterable, Sendable {
    case connect, tls, auth, topology, route, retry, plan
}
