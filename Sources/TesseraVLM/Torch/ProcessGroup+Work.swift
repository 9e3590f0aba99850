private import Foundation
internal import TesseraCore

extension ProcessGroup {
  /// What rank 0 does alone, while the others wait: writing files, deciding by them.
  ///
  /// - Returns: its result, on every rank.
  /// - Throws: on rank 0 what the work throws, and on the others that it failed; `io` with the rank that is to blame.
  public func lead<Value: Codable>(_ work: () throws -> Value) throws -> Value {
    guard isShared else { return try work() }
    guard isLeader else { return try Outcome<Value>.read(word(nil)).get(from: 0) }
    do {
      let value = try work()
      _ = try word(Outcome(values: [value]).bytes())
      return value
    } catch {
      _ = try word(Outcome<Value>(failure: "\(error)").bytes())
      throw error
    }
  }

  /// What rank 0 does alone, while the others wait.
  ///
  /// - Throws: as the other.
  public func lead(_ work: () throws -> Void) throws {
    _ = try lead { () throws -> Bool in
      try work()
      return true
    }
  }

  /// Deals pieces of work out, one after another to each rank in turn, and gives everyone all results.
  ///
  /// - Parameters:
  ///   - count: pieces, the same number on all ranks.
  ///   - piece: does one; where it throws, no rank goes on.
  /// - Returns: the results in the pieces' order.
  /// - Throws: what a piece of this rank throws, and on the others that it failed; `io` with the rank that is to blame.
  public func deal<Value: Codable>(_ count: Int, _ piece: (Int) throws -> Value) throws -> [Value] {
    guard isShared else { return try (0..<count).map(piece) }
    let own = Result { try stride(from: rank, to: count, by: size).map(piece) }
    let all = try exchange(own)
    return (0..<count).map { all[$0 % size][$0 / size] }
  }

  /// All ranks' results.
  ///
  /// - Throws: this rank's own failure, else the first of another's; `io` with the rank that is to blame.
  func exchange<Value: Codable>(_ own: Result<Value, any Error>) throws -> [Value] {
    guard isShared else { return [try own.get()] }
    let outcome: Outcome<Value>
    switch own {
    case .success(let value): outcome = Outcome(values: [value])
    case .failure(let error): outcome = Outcome(failure: "\(error)")
    }
    let all = try gather(outcome.bytes()).map { try Outcome<Value>.read($0) }
    _ = try own.get()
    return try all.enumerated().map { try $1.get(from: $0) }
  }
}

/// What became of a rank's work, as it goes over the wire.
private struct Outcome<Value: Codable>: Codable {
  /// One, or none where it failed.
  var values: [Value] = []
  /// Why there is none.
  var failure: String?

  func bytes() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return Array(try encoder.encode(self))
  }

  static func read(_ bytes: [UInt8]) throws -> Self {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return try decoder.decode(Self.self, from: Data(bytes))
  }

  func get(from rank: Int) throws -> Value {
    guard let value = values.first else {
      throw ProcessGroup.failure(
        "work of several ranks", "rank \(rank) failed: \(failure ?? "it says nothing")")
    }
    return value
  }
}
