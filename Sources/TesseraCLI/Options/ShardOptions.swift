import ArgumentParser
import Foundation
import Tessera
import TesseraCore

/// Which part of a job this process does.
struct ShardOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Do part i of n, counted from 0. auto (the default) asks the launcher that started the process: Open MPI, \
      PMI, torchrun, Slurm, Slurm arrays, PMIx, Kubernetes; none divides nothing; a launcher's name \
      (\(launchers)) asks that one alone. Afterwards, tessera merge DST.
      """, valueName: "i/n"))
  var shard = "auto"

  @Option(
    help: ArgumentHelp(
      """
      The number of parts, where the launcher tells a process only its own (Kubernetes; or set \
      \(ShardLauncher.countVariable)).
      """, valueName: "n"))
  var shards: Int?

  private static let launchers = ShardLauncher.allCases.map(\.rawValue).joined(separator: ", ")

  mutating func validate() throws {
    if let shards, !(1...ShardAssignment.limit).contains(shards) {
      throw ValidationError("--shards must be 1 to \(ShardAssignment.limit), got \(shards)")
    }
    if shards != nil, shard == "none" || shard.contains("/") {
      throw ValidationError("--shards is for launchers that tell no number: give it without --shard \(shard)")
    }
  }

  /// Whether anything was said about parts on the command line.
  var isGiven: Bool { shard != "auto" && shard != "none" || shards != nil }

  /// The part, and who said so.
  ///
  /// - Throws: `ValidationError` with the variables that contradict each other.
  func resolve() throws -> ShardResolution {
    do {
      if shard == "none" { return ShardResolution(.whole, source: "--shard none") }
      if shard == "auto" { return try ShardAssignment.fromEnvironment(count: shards) }
      if let launcher = ShardLauncher(rawValue: shard) {
        return try ShardAssignment.fromEnvironment(count: shards, launcher: launcher)
      }
      return ShardResolution(try ShardAssignment(shard), source: "--shard")
    } catch let error as TesseraError {
      if shard.contains("/") || shard == "auto" || ShardLauncher(rawValue: shard) != nil {
        throw ValidationError("\(error)")
      }
      throw ValidationError("\(error); or auto, none, \(Self.launchers)")
    }
  }

  /// What a process says at the end of its part.
  static func finished(_ shard: ShardAssignment, _ destination: String) -> String {
    "tessera: shard \(shard) is finished; when all are, tessera merge \(destination.visible)"
  }
}

extension ShardResolution {
  /// This process's share of the machine's cores.
  var defaultThreads: Int {
    let machine = ProcessInfo.processInfo
    return threads(cores: machine.processorCount, usable: machine.activeProcessorCount)
  }
}
