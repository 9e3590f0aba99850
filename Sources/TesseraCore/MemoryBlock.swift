/// A block of 64-byte-aligned memory with one owner: what `Image` and `Tensor` keep their elements in.
///
/// Values that hold a block copy it before they write unless they are its only holder, so a block
/// that two values share is never written.
// @unchecked: the pointer is written only through a uniquely referenced block (copy on write above).
package final class MemoryBlock: @unchecked Sendable {
  package let base: UnsafeMutableRawPointer
  package let byteCount: Int
  /// Whether the memory may be written: a file's mapping may not, and is copied even by its only holder.
  package let isWritable: Bool
  private let release: (@Sendable (UnsafeMutableRawPointer) -> Void)?

  /// Takes `byteCount` uninitialised bytes, aligned to 64, from what the thread uses again (`scratch.h`): pictures that
  /// come and go on a thread cost no allocations.
  package init(byteCount: Int) {
    precondition(byteCount >= 0, "MemoryBlock of \(byteCount) bytes")
    self.base = Scratch.take(byteCount)
    self.byteCount = byteCount
    self.isWritable = true
    self.release = nil
  }

  /// Adopts memory of another owner; `release` gives it back when the last holder lets go.
  package init(
    adopting base: UnsafeMutableRawPointer, byteCount: Int,
    release: @escaping @Sendable (UnsafeMutableRawPointer) -> Void
  ) {
    self.base = base
    self.byteCount = byteCount
    self.isWritable = true
    self.release = release
  }

  /// Adopts memory that must not be written; `release` is called when the last holder lets go.
  package init(
    readOnly base: UnsafeRawPointer, byteCount: Int, release: @escaping @Sendable () -> Void
  ) {
    self.base = UnsafeMutableRawPointer(mutating: base)
    self.byteCount = byteCount
    self.isWritable = false
    self.release = { _ in release() }
  }

  deinit {
    if let release { release(base) } else { Scratch.give(base) }
  }

  package func copy() -> MemoryBlock {
    let other = MemoryBlock(byteCount: byteCount)
    other.base.copyMemory(from: base, byteCount: byteCount)
    return other
  }

  package var bytes: UnsafeRawBufferPointer { .init(start: base, count: byteCount) }
  package var mutableBytes: UnsafeMutableRawBufferPointer { .init(start: base, count: byteCount) }
}
