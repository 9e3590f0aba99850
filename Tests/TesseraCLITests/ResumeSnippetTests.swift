import Foundation
import TestSupport
import Tessera
import Testing

@Suite("The snippet Resume", .serialized)
struct ResumeSnippetTests {
  @Test("killed again and again, it goes through the same batches as without a break")
  func killed() throws {
    let photos = Repository.path("samples/photos")
    let program = try Command.path(of: "Resume")
    let folder = try TemporaryFolder()
    var kills = 0
    func run(_ state: String, killAfter lines: Int?) throws -> [String] {
      let process = Process()
      let output = Pipe()
      // Line by line, so that the kill comes in the middle.
      process.executableURL = URL(filePath: "/usr/bin/stdbuf")
      process.arguments = ["-oL", program, photos, folder.path + "/" + state]
      process.standardOutput = output
      try process.run()
      var text = Data()
      while true {
        let more = output.fileHandleForReading.availableData
        if more.isEmpty { break }
        text += more
        if let lines, text.count(where: { $0 == 10 }) >= lines { kill(process.processIdentifier, SIGKILL) }
      }
      process.waitUntilExit()
      if process.terminationReason == .uncaughtSignal { kills += 1 }
      return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
    }
    let whole = try run("whole.json", killAfter: nil)
    #expect(whole.count == 12)
    var seen: [String] = []
    for _ in 0..<20 where seen.last != whole.last {
      // The batch printed last may not be saved when the kill comes: it comes again, the same.
      for line in try run("cut.json", killAfter: 2 + seen.count % 3) {
        if let at = whole.firstIndex(of: line) {
          #expect(at <= seen.count, "\(line) came too early")
          if at == seen.count { seen.append(line) }
        } else {
          Issue.record("\(line) is no batch of the run without a break")
        }
      }
    }
    #expect(seen == whole && kills > 2)
  }
}
