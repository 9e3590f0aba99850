import Foundation
import TestSupport
import TesseraCore
import TesseraTracking
import Testing

@Suite("a link in a run's folder")
struct RunLinkTests {
  let folder: TemporaryFolder
  let outside: TemporaryFolder
  static let text = "nobody may touch this\n"

  init() throws {
    folder = try TemporaryFolder()
    outside = try TemporaryFolder()
    try outside.write(Self.text, "victim")
  }

  func link(_ name: String) throws {
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder.path)/\(name)", withDestinationPath: "\(outside.path)/victim")
  }

  var isWhole: Bool {
    get throws { try String(contentsOfFile: "\(outside.path)/victim", encoding: .utf8) == Self.text }
  }

  @Test("by the log's name is an error that names it: what it leads to does not grow and is not cut")
  func log() throws {
    try link("log.jsonl")
    for position in [nil, RunLog.Position(stage: "sft", step: 0)] {
      let error = #expect(throws: TesseraError.self) {
        _ = try RunLog("\(folder.path)/log.jsonl", resumingAfter: position)
      }
      #expect(error?.path == "\(folder.path)/log.jsonl")
    }
    #expect(try isWhole)
  }

  @Test("by the names of a report and of its unfinished file goes, and leads nowhere")
  func report() throws {
    try link("report.html")
    try link("report.html.tessera-part")
    try RunReport(title: "t", result: "r").write(to: "\(folder.path)/report.html")
    #expect(try isWhole)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["report.html"])
    #expect(try String(contentsOfFile: "\(folder.path)/report.html", encoding: .utf8).hasPrefix("<!"))
  }

  @Test("by the name of an event file that is cut, or of its unfinished one, is not written through")
  func events() throws {
    let writer = try TensorBoardWriter(folder: folder.path)
    for step in 1...5 { try writer.scalar("loss", 1, step: step) }
    try writer.close()
    let name = try #require(writer.path.split(separator: "/").last)
    try link("\(name).tessera-part")
    let next = try TensorBoardWriter(folder: folder.path, resumingAfter: 3)
    try next.close()
    #expect(next.cutRecords == 2)
    #expect(try isWhole)
    #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/\(name).tessera-part"))
  }
}
