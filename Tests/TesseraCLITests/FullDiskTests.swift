import Foundation
import TestSupport
import Tessera
import Testing

@Suite("a destination without room", .serialized)
struct FullDiskTests {
  static let pipeline = "random_resized_crop(96)|to_tensor|normalize(imagenet)"

  static func arguments(_ source: TemporaryFolder, _ destination: String, _ format: String) -> [String] {
    [
      source.path, destination, "--with", pipeline, "--format", format, "--shard-size", "20", "--on-error",
      "skip",
    ]
  }

  static func whole(_ source: TemporaryFolder, _ format: String) throws -> [String: Data] {
    let folder = try TemporaryFolder()
    #expect(try Command.run(["preprocess"] + arguments(source, folder.path, format)).status == 0)
    return try TemporaryFolder.contents(folder.path)
  }

  /// A file system in memory, as only root can make.
  static let canMount: Bool = {
    let script = #"d=$(mktemp -d) && mount -t tmpfs -o size=64k tmpfs "$d" && umount "$d" && rmdir "$d""#
    return (try? Shell.run(script).status == 0) ?? false
  }()

  @Test(
    "a full disk is an error that says so; nothing torn counts as whole; with room, a resume gives the right bytes",
    .enabled(if: canMount), arguments: ["npy", "safetensors"], [120, 700, 3000, 9000])
  func fullDisk(_ format: String, _ kilobytes: Int) throws {
    let source = try KillTests.manyPictures()
    let expected = try Self.whole(source, format)
    let mount = try TemporaryFolder()
    #expect(
      try Shell.run(#"mount -t tmpfs -o size="$1"k tmpfs "$2""#, ["\(kilobytes)", mount.path]).status == 0)
    defer {
      do { _ = try Shell.run(#"umount "$1""#, [mount.path]) } catch { Issue.record("\(error)") }
    }
    let destination = mount.path + "/out"
    let arguments = ["preprocess"] + Self.arguments(source, destination, format)
    for attempt in 0..<2 {
      let full = try Command.run(arguments + (attempt == 0 ? [] : ["--resume"]))
      #expect(full.status == 1 && full.errors.contains("No space left on device"), "\(full.errors)")
      #expect(!FileManager.default.fileExists(atPath: destination + "/manifest.jsonl"))
      // What stands under its own name is whole.
      for (name, data) in try TemporaryFolder.contents(destination) where expected[name] != nil {
        #expect(data == expected[name] || name == "errors.jsonl", "\(name)")
      }
    }
    #expect(try Shell.run(#"mount -o remount,size=300m "$1""#, [mount.path]).status == 0)
    #expect(try Command.run(arguments + ["--resume"]).status == 0)
    #expect(try TemporaryFolder.contents(destination) == expected)
  }

  @Test(
    "on a disk without room for one more file, the reason is the output, not the list that is refused after it",
    .enabled(if: canMount))
  func noMoreFiles() throws {
    let source = try KillTests.manyPictures()
    let expected = try Self.whole(source, "npy")
    let mount = try TemporaryFolder()
    #expect(
      try Shell.run(#"mount -t tmpfs -o size=300m,nr_inodes=60 tmpfs "$1""#, [mount.path]).status == 0)
    defer {
      do { _ = try Shell.run(#"umount "$1""#, [mount.path]) } catch { Issue.record("\(error)") }
    }
    let destination = mount.path + "/out"
    let arguments = ["preprocess"] + Self.arguments(source, destination, "npy")
    let full = try Command.run(arguments)
    #expect(full.status == 1 && full.errors.contains(".npy"), "\(full.errors)")
    #expect(full.errors.contains("No space left on device") && !full.errors.contains("errors.jsonl"))
    #expect(try Shell.run(#"mount -o remount,nr_inodes=100000 "$1""#, [mount.path]).status == 0)
    #expect(try Command.run(arguments + ["--resume"]).status == 0)
    #expect(try TemporaryFolder.contents(destination) == expected)
  }

  @Test("packing onto a full disk: an error that says so, and a resume", .enabled(if: canMount))
  func pack() throws {
    let source = try KillTests.manyPictures()
    let options = ["--format", "webdataset", "--shard-size", "20"]
    let whole = try TemporaryFolder()
    #expect(try Command.run(["pack", source.path, whole.path] + options).status == 0)
    let expected = try TemporaryFolder.contents(whole.path)
    let mount = try TemporaryFolder()
    #expect(try Shell.run(#"mount -t tmpfs -o size=3m tmpfs "$1""#, [mount.path]).status == 0)
    defer {
      do { _ = try Shell.run(#"umount "$1""#, [mount.path]) } catch { Issue.record("\(error)") }
    }
    let destination = mount.path + "/out"
    let full = try Command.run(["pack", source.path, destination] + options)
    #expect(full.status == 1 && full.errors.contains("No space left on device"), "\(full.errors)")
    #expect(full.errors.contains("--resume") && full.errors.contains(".tar"), "\(full.errors)")
    #expect(!FileManager.default.fileExists(atPath: destination + "/manifest.jsonl"))
    #expect(try Shell.run(#"mount -o remount,size=300m "$1""#, [mount.path]).status == 0)
    #expect(try Command.run(["pack", source.path, destination, "--resume"] + options).status == 0)
    #expect(try TemporaryFolder.contents(destination) == expected)
  }

  @Test(
    "a limit on the size of files (ulimit -f) is an error, not the end by a signal",
    arguments: ["npy", "safetensors"])
  func fileLimit(_ format: String) throws {
    let source = try KillTests.manyPictures()
    let expected = try Self.whole(source, format)
    let destination = try TemporaryFolder()
    let arguments = Self.arguments(source, destination.path, format)
    // npy files have 108 KB here, a shard of twenty pictures 2.2 MB.
    let blocks = format == "npy" ? "60" : "1000"
    let limited = try Shell.run(
      #"limit=$1; shift; ulimit -f "$limit"; exec env --default-signal=XFSZ "$TESSERA" preprocess "$@""#,
      [blocks] + arguments)
    #expect(limited.status == 1 && limited.errors.contains("File too large"), "\(limited.errors)")
    #expect(limited.errors.contains("--resume"))
    #expect(try Command.run(["preprocess"] + arguments + ["--resume"]).status == 0)
    #expect(try TemporaryFolder.contents(destination.path) == expected)
  }

  @Test(
    "a journal that cannot grow stops the run; no line of it is torn in the middle, and a resume goes on",
    arguments: [3, 5, 8])
  func journal(_ kilobytes: Int) throws {
    let source = try KillTests.manyPictures()
    let whole = try TemporaryFolder()
    let tail = ["--with", "resize_to(4, 4)|to_tensor", "--on-error", "skip", "--threads", "7"]
    #expect(try Command.run(["preprocess", source.path, whole.path] + tail).status == 0)
    let destination = try TemporaryFolder()
    let limited = try Shell.run(
      #"limit=$1; shift; ulimit -f "$limit"; exec env --default-signal=XFSZ "$TESSERA" preprocess "$@""#,
      ["\(kilobytes)", source.path, destination.path] + tail)
    #expect(limited.status == 1 && limited.errors.contains("journal.jsonl"), "\(limited.errors)")
    let lines = try destination.lines("journal.jsonl")
    #expect(lines.count > 10 && lines.allSatisfy { $0.hasPrefix("{") && $0.hasSuffix("}") })
    let resumed = try Command.run(["preprocess", source.path, destination.path, "--json", "--resume"] + tail)
    #expect(resumed.status == 0 && resumed.output.contains("\"carried\":\(lines.count)"), "\(resumed.output)")
    #expect(
      try TemporaryFolder.contents(destination.path) == TemporaryFolder.contents(whole.path))
  }

  @Test(
    "a merge on a full disk changes nothing, and does its work once there is room", .enabled(if: canMount))
  func merge() throws {
    let source = try KillTests.manyPictures()
    let expected = try Self.whole(source, "npy")
    let mount = try TemporaryFolder()
    #expect(try Shell.run(#"mount -t tmpfs -o size=300m tmpfs "$1""#, [mount.path]).status == 0)
    defer {
      do { _ = try Shell.run(#"umount "$1""#, [mount.path]) } catch { Issue.record("\(error)") }
    }
    let destination = mount.path + "/out"
    for index in 0..<2 {
      let run = try Command.run(
        ["preprocess"] + Self.arguments(source, destination, "npy") + ["--shard", "\(index)/2"])
      #expect(run.status == 0, "\(run.errors)")
    }
    let before = try TemporaryFolder.contents(destination)
    #expect(try Shell.run(#"cat /dev/zero >"$1"; true"#, [mount.path + "/ballast"]).status == 0)
    let full = try Command.run(["merge", destination])
    #expect(full.status == 1 && full.errors.contains("No space left on device"), "\(full.errors)")
    let after = try TemporaryFolder.contents(destination)
    for (name, data) in before { #expect(after[name] == data, "\(name)") }
    try FileManager.default.removeItem(atPath: mount.path + "/ballast")
    #expect(try Command.run(["merge", destination]).status == 0)
    #expect(try TemporaryFolder.contents(destination) == expected)
  }
}
