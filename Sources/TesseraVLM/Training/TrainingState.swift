private import Foundation
internal import TesseraCore
internal import TesseraData

/// Everything of a run besides weights and moments: with those, one state that a run goes on from.
public struct TrainingState: Sendable, Hashable, Codable {
  /// The form of the file.
  var version = 1
  /// Optimiser steps that are done.
  public var step: Int
  /// Of those, steps that were passed over because a gradient was not finite.
  public var skippedSteps: Int
  /// Where the data stands, in the task's own words.
  public var position: String
  /// Steps that each parameter has taken, by name; none where it has had no gradient yet.
  var parameterSteps: [String: Int]
  /// The step that did best on the validation set so far.
  public var best: BestCheckpoint?
  /// What the bits of a step hang on besides: kernels, threads, versions.
  public var environment: [String: String]
  /// What the run was set to, so that another one is not gone on with.
  public var settings: String
  /// SHA-256 of the files beside this one, by name.
  var files: [String: String] = [:]

  /// What differs between the environment of then and of now, as `name: then, now`.
  public func environmentDifferences(from now: [String: String]) -> [String] {
    Set(environment.keys).union(now.keys).sorted().compactMap { key in
      // One process alone does not say so.
      let unsaid = key == "ranks" ? "1" : "unknown"
      let (then, now) = (environment[key] ?? unsaid, now[key] ?? unsaid)
      return then == now ? nil : "\(key): \(then) then, \(now) now"
    }
  }

  func encoded() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
  }

  /// - Throws: `io`, `corrupt`.
  static func read(_ path: String) throws -> TrainingState {
    let bytes = try FileIO.read(path, limit: 64 << 20, isRegular: true)
    do {
      let state = try JSONDecoder().decode(TrainingState.self, from: Data(bytes))
      guard state.version == 1, state.step >= 0 else {
        throw TesseraError(.corrupt(format: "a training state", detail: "version \(state.version)"))
      }
      return state
    } catch let error as TesseraError { throw error.with(path: path) } catch {
      throw TesseraError(
        .corrupt(format: "a training state", detail: "its JSON is torn or not one"), path: path)
    }
  }
}

/// The checkpoint that did best on the validation set.
public struct BestCheckpoint: Sendable, Hashable, Codable {
  public var step: Int
  /// What was compared: smaller is better.
  public var loss: Double
}
