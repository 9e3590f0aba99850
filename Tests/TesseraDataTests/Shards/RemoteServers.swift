import Foundation
import TestSupport

/// nginx and a server of faults on loopback (`Tests/Oracles/remote_servers.py`), which serve one set of shards to all tests.
final class RemoteServers: Sendable {
  /// Started by the first test that asks; they end with this process.
  static let shared = Result { try RemoteServers() }

  /// Whether nginx is there: CI installs it, and so does `make test`.
  static let hasNginx =
    ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx"].contains {
      FileManager.default.isExecutableFile(atPath: $0)
    }

  struct Ports: Decodable {
    var faults: Int
    var faultsTLS: Int
    var nginx: Int?
    var nginxTLS: Int?
  }

  /// The folder that is served: `shard-000000.tar` to `shard-000002.tar` of 30 pictures each, and a few others.
  let folder: String
  /// The same shards for those who read files: the indices that they leave are not served.
  let local: String
  private let work: String
  let ports: Ports
  /// The file of the authority that signed the servers' certificates.
  let authority: String
  private let process: Process
  /// The servers end when it is closed.
  private let input: Pipe

  private init() throws {
    // Loopback goes through no proxy.
    setenv("no_proxy", "127.0.0.1", 1)
    let root = FileManager.default.temporaryDirectory
      .appending(path: "tessera-tests-servers-\(getpid())-\(UInt32.random(in: 0 ... .max))")
    folder = root.appending(path: "files").path(percentEncoded: false)
    local = root.appending(path: "local").path(percentEncoded: false)
    work = root.appending(path: "work").path(percentEncoded: false)
    try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
    try RemoteFixtures.makeShards(in: folder)
    try FileManager.default.copyItem(atPath: folder, toPath: local)
    authority = work + "/ca.pem"
    process = Process()
    input = Pipe()
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", Repository.path("Tests/Oracles/remote_servers.py"), folder, work]
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    var line = Data()
    while !line.contains(UInt8(ascii: "\n")) {
      let more = output.fileHandleForReading.availableData
      guard !more.isEmpty else { throw Failure(description: "the test servers do not start") }
      line += more
    }
    ports = try JSONDecoder().decode(Ports.self, from: line)
  }

  /// A path of the server of faults, whose counts and log are the session's.
  func fault(_ fault: String, _ session: String, _ name: String, scheme: String = "http") -> String {
    let port = scheme == "https" ? ports.faultsTLS : ports.faults
    return "\(scheme)://127.0.0.1:\(port)/\(fault)/\(session)/\(name)"
  }

  func nginx(_ place: String, _ name: String, scheme: String = "http") throws -> String {
    guard let port = scheme == "https" ? ports.nginxTLS : ports.nginx else {
      throw Failure(description: "nginx is not installed: tools/install-deps oracles")
    }
    return "\(scheme)://127.0.0.1:\(port)/\(place)/\(name)"
  }

  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  /// One request as the server of faults noted it.
  struct Request: Decodable, Hashable {
    var fault: String
    var name: String
    var range: String?
    var status: Int

    init(from decoder: any Decoder) throws {
      var list = try decoder.unkeyedContainer()
      fault = try list.decode(String.self)
      name = try list.decode(String.self)
      range = try list.decode(String?.self)
      status = try list.decode(Int.self)
    }
  }

  /// What a session has asked for so far.
  func log(_ session: String) throws -> [Request] {
    let place = "\(work)/log-\(session)"
    guard FileManager.default.fileExists(atPath: place) else { return [] }
    return try String(contentsOfFile: place, encoding: .utf8).split(separator: "\n").map {
      try JSONDecoder().decode(Request.self, from: Data($0.utf8))
    }
  }

  /// A name that no other test has.
  static func session() -> String { "s\(UInt64.random(in: 0 ... .max))" }
}
