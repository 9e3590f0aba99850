import CKernels
import Synchronization
import TestSupport
import TesseraCodecs
import TesseraCore
import Testing

/// Decoders whose scratch memory has been used for something else.
@Suite("Decoders with used memory") struct ScratchDecodeTests {
  /// Pictures of several sizes, kinds and states; of damaged ones the decoders stop in the middle.
  private static func files() throws -> [[UInt8]] {
    var random = RandomStream(seed: 17)
    var files: [[UInt8]] = []
    for number in 0..<48 {
      let size = Size(width: random.integer(in: 1...180), height: random.integer(in: 1...140))
      let picture = Pictures.ramps(size, number % 7 == 0 ? .gray : .rgb, seed: UInt64(number))
      var file =
        number % 3 == 0
        ? try PNGEncoder().encode(picture)
        : try JPEGEncoder(
          quality: 50 + number, subsampling: number % 2 == 0 ? .yuv420 : .yuv444, progressive: number % 3 == 1
        ).encode(picture)
      if number % 4 == 3 {
        let at = random.integer(in: file.count / 2...file.count - 1)
        if number % 8 == 3 { file.removeLast(file.count - at) } else { file[at] ^= 0x5A }
      }
      files.append(file)
    }
    return files
  }

  private enum Outcome: Equatable {
    case image(Image)
    case failed(String)
  }

  private static func decode(_ file: [UInt8], _ number: Int) -> Outcome {
    do {
      var request = DecodeRequest()
      // A window of every third: its middle.
      let size = try ImageHeader(bytes: file).size
      if number % 3 == 2, size.width > 3, size.height > 3 {
        request.region = Rect(x: 1, y: 1, width: size.width - 2, height: size.height - 3)
      }
      return .image(try ImageDecoder().decode(file, request))
    } catch { return .failed("\(error)") }
  }

  /// Fills what waits on this thread with `byte`.
  private static func soil(_ byte: UInt8) {
    let blocks = (0..<40).map { number in
      let size = 64 << (number % 13)
      let block = tk_scratch_take(size)!
      block.initializeMemory(as: UInt8.self, repeating: byte, count: size)
      return block
    }
    for block in blocks { tk_scratch_give(block) }
  }

  @Test("give on several threads, in any order and after damaged files, what a new thread gives")
  func sameAsFresh() throws {
    let files = try Self.files()
    let fresh = files.indices.map { number in
      let outcome = Mutex<Outcome?>(nil)
      OwnThread.run { _ in outcome.withLock { $0 = Self.decode(files[number], number) } }
      return outcome.withLock { $0! }
    }
    let failed = fresh.filter { if case .failed = $0 { true } else { false } }.count
    #expect(failed >= 4 && failed <= 12, "\(failed) of \(files.count)")
    OwnThread.run(4) { thread in
      var random = RandomStream(seed: UInt64(thread))
      for round in 0..<150 {
        let number = random.integer(in: 0...files.count - 1)
        if round % 5 == 0 { Self.soil([0, 0xA5, 0xFF, 0x7F][thread]) }
        #expect(Self.decode(files[number], number) == fresh[number], "file \(number), round \(round)")
      }
      // None under the address sanitizer, where scratch is the system's.
      #expect(tk_scratch_kept() <= Int(TK_SCRATCH_MOST))
    }
  }
}
