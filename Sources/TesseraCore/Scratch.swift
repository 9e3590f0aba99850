private import CKernels

/// Memory for the length of a call, of what the thread uses again (`scratch.h`).
package enum Scratch {
  /// Calls `body` with `byteCount` uninitialised bytes, aligned to 64; they are gone when it returns.
  ///
  /// Traps when out of memory, as Swift's own collections do.
  package static func withBytes<R>(
    _ byteCount: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> R
  ) rethrows -> R {
    let base = take(byteCount)
    defer { tk_scratch_give(base) }
    return try body(UnsafeMutableRawBufferPointer(start: base, count: byteCount))
  }

  /// Bytes that the caller gives back.
  static func take(_ byteCount: Int) -> UnsafeMutableRawPointer {
    guard let base = tk_scratch_take(byteCount) else {
      preconditionFailure("no memory for \(byteCount) bytes")
    }
    return base
  }

  static func give(_ base: UnsafeMutableRawPointer) { tk_scratch_give(base) }
}

/// Memory that is held for long: a batch's.
package enum LargeMemory {
  /// Uninitialised bytes, aligned to 64, of large pages where the system has them. Traps when out of memory.
  package static func take(_ byteCount: Int) -> UnsafeMutableRawPointer {
    guard let base = tk_large_take(byteCount) else { preconditionFailure("no memory for \(byteCount) bytes") }
    return base
  }

  package static func give(_ base: UnsafeMutableRawPointer) { tk_large_give(base) }
}
