import Foundation

/// The built commands, `tessera` unless another is named, which stand beside the test bundle.
public struct Command {
  /// What a run gave.
  public struct Result {
    public var status: Int32
    public var output: String
    public var errors: String
  }

  /// The path of `tessera`.
  public static var path: String { get throws { try path(of: "tessera") } }

  /// The path of an executable of the package.
  public static func path(of tool: String) throws -> String {
    let bundle = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    let candidates = [bundle.appending(path: tool), URL(filePath: Repository.path(".build/release/\(tool)"))]
    for url in candidates {
      let path = url.path(percentEncoded: false)
      if FileManager.default.isExecutableFile(atPath: path) { return path }
    }
    throw Oracle.Failure(description: "the command is not built: swift build -c release --product \(tool)")
  }

  /// Runs the command to its end.
  public static func run(_ arguments: [String], tool: String = "tessera") throws -> Result {
    let (process, output, errors) = try start(arguments, tool: tool)
    // Both pipes must be emptied while the process runs; errors are short enough for the second to wait.
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let talk = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Result(status: process.terminationStatus, output: text, errors: talk)
  }

  /// Starts the command and sends it a signal after some time; whether it was still running then.
  public static func interrupt(_ arguments: [String], after seconds: Double, with number: Int32) throws
    -> Bool
  {
    let (process, _, _) = try start(arguments)
    Thread.sleep(forTimeInterval: seconds)
    let isRunning = process.isRunning
    if isRunning { kill(process.processIdentifier, number) }
    process.waitUntilExit()
    return isRunning
  }

  private static func start(_ arguments: [String], tool: String = "tessera") throws -> (Process, Pipe, Pipe) {
    let process = Process()
    let (output, errors) = (Pipe(), Pipe())
    process.executableURL = URL(filePath: try path(of: tool))
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = errors
    process.standardInput = FileHandle.nullDevice
    try process.run()
    return (process, output, errors)
  }
}
