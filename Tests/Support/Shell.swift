internal import Foundation

/// A script of the shell, in which `$TESSERA` is the built command.
public struct Shell {
  private let process = Process()
  private let output = Pipe()
  private let errors = Pipe()

  /// Starts `script`; `arguments` are its `$1`, `$2` …
  public init(_ script: String, _ arguments: [String] = [], environment: [String: String] = [:]) throws {
    process.executableURL = URL(filePath: "/bin/bash")
    process.arguments = ["-c", script, "bash"] + arguments
    var variables = ProcessInfo.processInfo.environment
    variables["TESSERA"] = try Command.path
    variables.merge(environment) { $1 }
    process.environment = variables
    process.standardOutput = output
    process.standardError = errors
    process.standardInput = FileHandle.nullDevice
    try process.run()
  }

  /// Waits for the end.
  public func finish() throws -> Command.Result {
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let talk = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Command.Result(status: process.terminationStatus, output: text, errors: talk)
  }

  /// Starts `script` and waits for its end.
  public static func run(_ script: String, _ arguments: [String] = [], environment: [String: String] = [:])
    throws
    -> Command.Result
  {
    try Shell(script, arguments, environment: environment).finish()
  }

  /// What lets mpirun start more processes than there are cores, and as root in a container.
  public static let mpi = [
    "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "1", "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
  ]
}
