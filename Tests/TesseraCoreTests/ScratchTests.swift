import CKernels
import TestSupport
import TesseraCore
import Testing

/// What threads keep of their memory. Every test has a thread of its own, whose shelf is empty.
@Suite("Scratch memory") struct ScratchTests {
  @Test("is aligned to 64 and as large as was asked, for every size, and any thread may give it back")
  func alignment() {
    OwnThread.run { _ in
      var blocks: [UInt] = []
      for size in Array(0...700) + [4095, 4096, 4097, 1 << 20, Int(TK_SCRATCH_LARGEST) + 1] {
        let block = tk_scratch_take(size)!
        #expect(UInt(bitPattern: block) % 64 == 0, "\(size) bytes")
        block.initializeMemory(as: UInt8.self, repeating: 0xA5, count: size)
        blocks.append(UInt(bitPattern: block))
      }
      #expect(Set(blocks).count == blocks.count)
      #expect(tk_scratch_kept() == 0)
      let all = blocks
      OwnThread.run { _ in
        for block in all { tk_scratch_give(UnsafeMutableRawPointer(bitPattern: block)) }
        #expect(tk_scratch_kept() > 1 << 20 && tk_scratch_kept() <= Int(TK_SCRATCH_MOST))
      }
      #expect(tk_scratch_kept() == 0, "it is another thread that keeps them")
      tk_scratch_give(nil)
    }
  }

  @Test("is the same block for the next of about its size, and never for two at a time") func reuse() {
    OwnThread.run { _ in
      let first = tk_scratch_take(100_000)!
      let second = tk_scratch_take(100_000)!
      #expect(first != second)
      tk_scratch_give(first)
      #expect(tk_scratch_take(90_000) == first)
      tk_scratch_give(second)
      // One that is far too large waits for those who need it.
      let small = tk_scratch_take(3000)!
      #expect(small != second)
      #expect(tk_scratch_take(100_001) == second)
      tk_scratch_give(first)
      tk_scratch_give(second)
      tk_scratch_give(small)
    }
  }

  @Test("of a thread that always does the same asks the system for nothing after the first time")
  func steadyState() {
    OwnThread.run { _ in
      var random = RandomStream(seed: 3)
      // Twenty blocks at a time, of sizes that vary by a third; in the end no new ones are made.
      func round() -> Set<UInt> {
        let blocks = (0..<20).map { number -> UnsafeMutableRawPointer in
          tk_scratch_take((1 << (number % 5 + 10)) * random.integer(in: 75...100) / 100)!
        }
        for block in blocks { tk_scratch_give(block) }
        return Set(blocks.map { UInt(bitPattern: $0) })
      }
      var known: Set<UInt> = []
      for _ in 0..<100 { known.formUnion(round()) }
      for _ in 0..<100 { #expect(round().isSubset(of: known)) }
    }
  }

  @Test("that waits is bounded, and a block beyond the largest never waits") func bound() {
    OwnThread.run { _ in
      let most = Int(TK_SCRATCH_MOST)
      tk_scratch_give(tk_scratch_take(Int(TK_SCRATCH_LARGEST) + 1))
      #expect(tk_scratch_kept() == 0)
      let blocks = (1...40).map { tk_scratch_take($0 << 17)! }
      for block in blocks {
        tk_scratch_give(block)
        #expect(tk_scratch_kept() <= most)
      }
      #expect(tk_scratch_kept() > most / 2)
      // However many blocks, too.
      let many = (1...1000).map { _ in tk_scratch_take(64)! }
      for block in many { tk_scratch_give(block) }
      #expect(tk_scratch_kept() <= most)
    }
  }

  @Test("of one huge picture goes back to the system while small ones follow") func age() {
    OwnThread.run { _ in
      tk_scratch_give(tk_scratch_take(12 << 20))
      #expect(tk_scratch_kept() >= 12 << 20)
      for _ in 0..<Int(TK_SCRATCH_AGE) / 2 { tk_scratch_give(tk_scratch_take(50_000)) }
      #expect(tk_scratch_kept() >= 12 << 20, "not so soon")
      for _ in 0..<Int(TK_SCRATCH_AGE) { tk_scratch_give(tk_scratch_take(50_000)) }
      #expect(tk_scratch_kept() < 1 << 20)
    }
  }

  @Test("is zeros where zeros are asked for, whatever was in it") func zeros() {
    OwnThread.run { _ in
      let block = tk_scratch_take(5000)!
      block.initializeMemory(as: UInt8.self, repeating: 0xA5, count: 5000)
      tk_scratch_give(block)
      let again = tk_scratch_take_zeros(4990)!
      #expect(again == block)
      #expect(UnsafeRawBufferPointer(start: again, count: 4990).allSatisfy { $0 == 0 })
      tk_scratch_give(again)
    }
  }

  @Test("of images is used again once nobody holds them, and not before") func images() {
    OwnThread.run { _ in
      func address(_ image: Image) -> UInt { image.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } }
      let size = Size(width: 300, height: 200)
      var image = Image(size: size, format: .rgb, repeating: 1)
      let first = address(image)
      let copy = image
      image = Image(size: size, format: .rgb, repeating: 2)
      #expect(address(copy) == first && address(image) != first)
      #expect(copy[299, 199, 2] == 1)
      let second = address(image)
      image = Image(size: Size(width: 1, height: 1), format: .gray)
      #expect(address(Image(size: size, format: .rgb, repeating: 3)) == second)
    }
  }
}
