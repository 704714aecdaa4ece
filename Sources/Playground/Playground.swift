import COpenSSL
package import Options
import RESP
import Engine
import Glibc
package import Routing
package import Transport

/// A throwaway cluster on the loopback interface, for trying things out.
///
/// The servers are children of a guard, a shell in its own session that waits for the end of a pipe held by this
/// process. However this process ends, kill -9 included, the pipe closes; the guard then kills the servers and erases
/// their directory.
package final class Playground {
    private static let guardScript = """
        directory=$1 server=$2 options=$3 host=$4 port_option=$5
        shift 5
        servers=
        # To try DEBUG on, where it has to be allowed: from Redis 7 on.
        case $("$server" --version) in
        *" v="[1-6].*) ;;
        *) options="--enable-debug-command yes $options" ;;
        esac
        for port; do
            mkdir "$directory/$port"
            "$server" $port_option "$port" --dir "$directory/$port" --bind "$host" --cluster-enabled yes \\
                --save '' --appendonly no --repl-diskless-sync-delay 0 --cluster-node-timeout 2000 $options \\
                </dev/null >"$directory/$port/log" 2>&1 &
            echo $! >"$directory/$port/pid"
            servers="$servers $!"
        done
        cat >/dev/null
        kill -9 $servers
        wait
        rm -rf "$directory"
        """

    /// Masters first, then their replicas in the same order, round by round.
    package private(set) var nodes: [NodeAddress] = []
    /// The path of the server program.
    package let server: String
    /// Private to the user; erased at the end.
    package private(set) var directory = ""
    /// Trusts the nodes' authority; nil for a playground without TLS.
    package private(set) var tls: TLSContext?
    private let shape: PlaygroundShape
    private let isEncrypted: Bool
    private let host: String
    private var guardProcess: ChildProcess?
    /// The guard lives as long as this is open.
    private var lifeline: Int32 = -1

    /// Starts the servers and joins them into a cluster. Takes about a second.
    ///
    /// - Parameters:
    ///   - server: the server, by its path or a name on PATH; nil for the first redis-server or valkey-server on PATH.
    ///   - options: further options for the server, split at spaces.
    ///   - host: the loopback address to listen on.
    ///   - isEncrypted: true for nodes that speak only TLS, with certificates from a throwaway authority.
    /// - Throws: ``PlaygroundError``; nothing is left running then.
    package init(
        _ shape: PlaygroundShape, server: String? = nil, options: String = "", host: String = "127.0.0.1",
        isEncrypted: Bool = false
    ) throws(PlaygroundError) {
        let program = try Self.program(server)
        self.server = program
        self.shape = shape
        self.host = host
        self.isEncrypted = isEncrypted
        var attempts = 1
        while let error = start(program, options: options) {
            stop()
            guard error.meansTakenPort, attempts < 5 else { throw error }
            attempts += 1
        }
    }

    /// Why the servers do not form a cluster; nil when they do.
    private func start(_ server: String, options: String) -> PlaygroundError? {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array((base + "/slotline-playground-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else {
            return .system("cannot make a directory in \(base)", errno)
        }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        var options = options
        if isEncrypted {
            guard let encryption = Encryption(in: directory) else {
                return .system("cannot make certificates in \(directory)", errno)
            }
            tls = encryption.context
            options += " " + encryption.serverOptions
        }
        let ports = Self.freePorts(shape.nodeCount)
        let (reader, writer) = FileDescriptor.pipe()
        lifeline = writer
        guardProcess = ChildProcess(
            "/bin/sh",
            [
                "-c", Self.guardScript, "slotline-playground", directory, server, options, host,
                isEncrypted ? "--port 0 --tls-port" : "--port",
            ]
                + ports.map(String.init),
            standardInput: reader, standardOutput: -1, standardError: -1, ownSession: true)
        close(reader)
        guard guardProcess != nil else { return .system("cannot start /bin/sh", errno) }
        nodes = ports.map { NodeAddress(host: host, port: $0) }
        let name = directory.dropFirst(base.count)
        do {
            try ClusterBuilder(
                nodes: nodes, masters: shape.masters, tls: tls, folder: { "\(name)/\($0.port)" },
                complaint: firstComplaint
            ).build()
        } catch {
            return .didNotStart(server: server, reason: error.reason)
        }
        return nil
    }

    deinit {
        stop()
    }

    /// Stops the servers and erases the directory; returns when both are done.
    package func stop() {
        guard lifeline >= 0 else { return }
        close(lifeline)
        lifeline = -1
        guardProcess?.wait()
    }

    /// The process id of a node's server.
    package func processIdentifier(of node: NodeAddress) -> Int32? {
        Self.contents("\(directory)/\(node.port)/pid").flatMap { Int32($0.prefix { $0.isNumber }) }
    }

    /// The last line in the log of a server that is not running.
    private func firstComplaint() -> String? {
        for node in nodes {
            guard let process = processIdentifier(of: node), kill(process, 0) != 0,
                let line = Self.contents("\(directory)/\(node.port)/log")?.split(separator: "\n").last
            else { continue }
            return String(line)
        }
        return nil
    }

    private static func contents(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 16 << 10)
        let count = read(descriptor, &bytes, bytes.count)
        return count >= 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }

    /// The first program with this name, or with that of a server, in the order of PATH; a name with a slash is a path.
    private static func program(_ name: String?) throws(PlaygroundError) -> String {
        if let name, name.contains("/") {
            guard let number = obstacle(to: name) else { return name }
            let folder = name.hasSuffix("/") ? String(name.dropLast()) : name
            let near = servers.map { "\(folder)/\($0)" }.filter { obstacle(to: $0) == nil }
            throw .cannotRun(name, number, near: near)
        }
        let names = name.map { [$0] } ?? servers
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
        let places = path.split(separator: ":").flatMap { folder in names.map { "\(folder)/\($0)" } }
        guard let program = places.first(where: { obstacle(to: $0) == nil }) else { throw .noServer(name) }
        return program
    }

    private static let servers = ["redis-server", "valkey-server"]

    /// Why the user cannot run a file, as an `errno`; nil if nothing is known to prevent it.
    private static func obstacle(to path: String) -> Int32? {
        guard access(path, X_OK) == 0 else { return errno }
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR ? EISDIR : nil
    }

    /// Ports that are free, as is the cluster bus port 10,000 above. Both are below the ports that the system uses for
    /// outgoing connections.
    private static func freePorts(_ count: Int) -> [Int] {
        var ports: [Int] = []
        while ports.count < count {
            let port = Int.random(in: 11_000..<16_000)
            if !ports.contains(port), isFree(port), isFree(port + 10_000) { ports.append(port) }
        }
        return ports
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = FileDescriptor(socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor.number, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}

/// What the nodes and their clients need to speak TLS.
private struct Encryption {
    let context: TLSContext
    let serverOptions: String

    /// Writes certificates into a folder; nil when that fails.
    init?(in folder: String) {
        guard cssl_write_certificates(folder, "IP:127.0.0.1,DNS:localhost") == 1 else { return nil }
        var settings = TLSSettings()
        settings.authorityFile = ByteString("\(folder)/ca.crt")
        guard let context = try? TLSContext(settings) else { return nil }
        self.context = context
        serverOptions = """
            --tls-ca-cert-file \(folder)/ca.crt --tls-cert-file \(folder)/node.crt --tls-key-file \(folder)/node.key \
            --tls-auth-clients no --tls-cluster yes --tls-replication yes
            """
    }
}

/// Why there is no playground.
package enum PlaygroundError: Error, Equatable, Sendable {
    /// There is no program of this name on PATH, or neither redis-server nor valkey-server.
    case noServer(String?)
    /// The file of this path cannot be run, with the `errno` and what may have been meant.
    case cannotRun(String, Int32, near: [String])
    /// What could not be done, with its `errno`.
    case system(String, Int32)
    case didNotStart(server: String, reason: String)

    /// Another process took a port between our look and the server's.
    fileprivate var meansTakenPort: Bool {
        guard case .didNotStart(_, let reason) = self else { return false }
        return reason.contains("Failed listening on port")
    }
}
