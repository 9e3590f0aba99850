private import Foundation
internal import TesseraCore
internal import TesseraCorpora
internal import TesseraData

extension StageRun {
  /// How a stage's folder stands to what the recipe asks for now.
  enum Standing {
    /// Not done: nothing, or a part.
    case open
    /// Done, and unchanged: what it left behind.
    case done(String)
    /// Done with other settings, data or weights: the first difference.
    case changed(String)
  }

  /// Beside a stage that is done: what it was made of.
  private var mark: OriginMark { OriginMark(path: "\(folder)/made-of.txt") }

  /// Whether the stage is done, and would be made of the same once more.
  ///
  /// - Throws: `io`; what reading the weights throws.
  func standing() throws -> Standing {
    guard let place = try finished() else { return .open }
    do {
      switch try mark.standing(origin) {
      // Unmarked is a stage of an earlier version: nobody knows what it was made of.
      case .unmarked, .unchanged: return .done(place)
      case .changed(let difference): return .changed(difference)
      }
    } catch let error as TesseraError {
      // What is done does not need its data any more.
      guard case .io = error.reason else { throw error }
      say("taken as unchanged: what it was made of cannot be looked at (\(error))")
      return .done(place)
    }
  }

  /// Says what the stage is made of, before its model is there.
  func keepOrigin() throws { try mark.keep(origin()) }

  /// Gives the stage's folder another name, so that it is made anew and nothing is lost.
  ///
  /// - Returns: the name.
  func putAside() throws -> String {
    var number = 1
    while try FileIO.exists("\(folder).old-\(number)") { number += 1 }
    try FileIO.move(folder, to: "\(folder).old-\(number)")
    return "\(stage.name).old-\(number)"
  }

  /// What decides a stage's weights, a line each: what it begins with, its settings, and a SHA-256 of its data's contents.
  private func origin() throws -> String {
    var lines = try beginning + decisiveLines(without: stage.kind == .rl ? [] : ["evaluate"])
    lines += try Checkpoint.contents(of: start).map { "begins with \($0)" }
    for words in stage.makes.compactMap(\.wordsFile) {
      lines.append("\(words): \(try Digest.file(whole.resolve(words)))")
    }
    for source in sources { lines += try whole.contents(of: source) }
    var models = stage.reinforcement?.rewards.compactMap(\.directory) ?? []
    if let value = stage.reinforcement?.value { models.append(value) }
    for path in models {
      lines += try Checkpoint.contents(of: rewardDirectory(path)).map { "\(path)'s \($0)" }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// All data that takes part in a stage's weights.
  private var sources: [CorpusSource] {
    let made = Set(stage.makes.map(\.path))
    let kept = stage.data.filter { !made.contains($0.path) || FileIO.size(whole.resolve($0.path)) != nil }
    // Which step is kept hangs on what the meter looks at.
    let looked = stage.kind == .rl ? stage.evaluations.prefix(1).map(\.source) : []
    return kept + stage.makes.map(\.source) + [stage.reward?.questions].compactMap { $0 }
      + (stage.reinforcement?.language ?? []) + looked
  }

  /// What a stage begins with.
  var beginning: [String] {
    get throws {
      let origin =
        start.hasPrefix(whole.folder + "/") ? String(start.dropFirst(whole.folder.count + 1)) : start
      return [
        "begins with: \(origin)", "its weights: \(try Checkpoint(start).sampledDigest())",
        "seed: \(whole.recipe.seed)", "stage \(number + 1)",
      ]
    }
  }

  /// The lines of the stage's recipe that change its steps.
  ///
  /// - Parameter others: further keys that are left out with all below them.
  func decisiveLines(without others: Set<String> = []) -> [String] {
    // How often something is looked at or kept, and who remembers what, changes no step.
    let free = others.union(["checkpoint_every", "validate_every", "log_every", "keep", "shard_optimizer"])
    var isLeftOut = false
    return stage.yaml.split(separator: "\n").map(String.init).filter { line in
      if let first = line.first, first != " ", first != "-" {
        isLeftOut = free.contains(String(line.prefix { $0 != ":" }))
      }
      return !isLeftOut
    }
  }
}
