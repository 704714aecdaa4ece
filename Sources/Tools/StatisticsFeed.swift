import Terminal
import Options
import Engine
import Presentation
import RESP
import Transport

/// `--stat`: a line about the server every second.
struct StatisticsFeed {
    let session: any ToolSession
    let node: DirectConnection

    private static let linesPerHeading = 20

    func run() throws(DirectConnection.Failure) {
        let interval = session.configuration.interval > 0 ? session.configuration.interval : 1
        var lines = 0
        var requests: Int?
        while session.output.isWritable {
            if lines % Self.linesPerHeading == 0 { session.output.write(ServerStatistics.heading) }
            let statistics = ServerStatistics(info: try node.reply(to: ["INFO"]))
            session.output.write(statistics.line(requestsBefore: requests))
            session.output.flush()
            requests = statistics.requestCount
            lines += 1
            Poller.sleep(seconds: interval)
        }
    }
}
