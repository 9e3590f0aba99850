import Foundation
import TestSupport
import Testing

@Suite("the snippets that train", .serialized)
struct TrainingSnippetTests {
  /// What stands between a text and the next blank or comma of a line.
  private func number(after mark: String, in line: String) -> Double? {
    guard let start = line.firstRange(of: mark)?.upperBound else { return nil }
    return Double(line[start...].prefix { $0 != " " && $0 != "," })
  }

  @Test("the loop by hand: the loss falls and the photos are learned")
  func byHand() throws {
    let result = try Command.run([Repository.path("samples/photos")], tool: "TrainByHand")
    #expect(result.status == 0, "\(result.errors)")
    let lines = result.output.split(separator: "\n").map(String.init)
    #expect(lines.count == 8)
    let losses = lines.compactMap { number(after: "loss ", in: $0) }
    #expect(losses.count == 8)
    let (first, last) = (losses.first ?? 0, losses.last ?? 1)
    #expect(last < first / 2, "\(result.output)")
  }

  @Test("a classifier by Trainer: unseen scenes are told better and better")
  func classifier() throws {
    let folder = try TemporaryFolder()
    let result = try Command.run(["\(folder.path)/run"], tool: "TrainClassifier")
    #expect(result.status == 0, "\(result.errors)")
    let lines = result.output.split(separator: "\n").map(String.init)
    let shares = lines.compactMap { number(after: "accuracy ", in: $0) }
    #expect(shares.count == 6)
    let (first, last) = (shares.first ?? 100, shares.last ?? 0)
    // Four shapes: chance is a quarter.
    #expect(first < 50 && last > 80, "\(result.output)")
    #expect(lines.last == "ended: done(steps: 300)", "\(result.output)")
  }

  @Test("killed and started again, the classifier goes on to the same bytes")
  func killed() throws {
    let folder = try TemporaryFolder()
    let program = try Command.path(of: "TrainClassifier")
    let whole = try Command.run(["\(folder.path)/whole", "60"], tool: "TrainClassifier")
    #expect(whole.status == 0, "\(whole.errors)")
    // Killed as soon as a whole checkpoint lies there.
    let script = """
      "$1" "$2/parts" 60 >/dev/null 2>&1 &
      until ls "$2"/parts/checkpoints/step-*/state.json >/dev/null 2>&1; do
        kill -0 $! 2>/dev/null || exit 3
        sleep 0.01
      done
      kill -9 $!; wait $! 2>/dev/null; test $? = 137
      """
    let killed = try Shell.run(script, [program, folder.path])
    #expect(killed.status == 0, "it ended by itself: \(killed.errors)")
    let rest = try Command.run(["\(folder.path)/parts", "60"], tool: "TrainClassifier")
    #expect(rest.status == 0 && rest.output.contains("goes on after step"), "\(rest.output)\(rest.errors)")
    func weights(_ name: String) throws -> Data {
      try Data(contentsOf: URL(filePath: "\(folder.path)/\(name)/classifier.safetensors"))
    }
    #expect(try weights("parts") == weights("whole"))
  }
}
