internal import TesseraCodecs
internal import TesseraCore

/// A place in a stream of tars: puts members together to samples as they come.
final class WebDatasetReader: SampleReader {
  private var inputs: ArraySlice<WebDatasetStream.Input>
  private let fields: SampleFields
  private let remote: RemoteStore?
  private var scanner: TarScanner?
  /// The tar at hand, as errors call it.
  private var tar = ""
  private var open: Pending?
  /// Whether the tar at hand has had a member, or a sample's fault, and what is wrong with it as a whole.
  private var hasSamples = false
  private var tarFault: TarFault?
  private var finished: [Pending] = []

  /// A sample whose members are still coming.
  private struct Pending {
    var tar: String
    var key: [UInt8]
    var fields: [SampleFields.Field] = []
    var byteCount = 0
    var fault: TesseraError?
  }

  init(_ inputs: [WebDatasetStream.Input], _ fields: SampleFields, _ remote: RemoteStore?) {
    self.remote = remote
    self.inputs = inputs[...]
    self.fields = fields
  }

  func next() throws -> Sample? {
    while finished.isEmpty {
      if try !step() { break }
    }
    guard !finished.isEmpty else { return nil }
    let sample = finished.removeFirst()
    if let fault = sample.fault { throw fault }
    let key = String(decoding: sample.key, as: UTF8.self)
    return try fields.sample("\(sample.tar)/\(key)", sample.fields)
  }

  /// Takes one event; false at the end of all tars.
  private func step() throws -> Bool {
    guard scanner != nil else { return try openNext() }
    let event: TarScanner.Event?
    do { event = try scanner?.next() } catch {
      // The tar cannot be read on: its last sample may lack members.
      scanner = nil
      let error = TesseraError.of(error).with(path: tar, stage: .read)
      if open == nil { throw error }
      blame(error)
      close()
      return true
    }
    switch event {
    case .member(let member):
      hasSamples = true
      try add(member)
    case .fault(let fault): add(fault)
    case nil:
      close()
      // A file without a single member that does not even end as a tar does: no samples are lost in silence.
      if !hasSamples, let tarFault {
        finished.append(Pending(tar: tar, key: [], fault: tarFault.error(in: tar)))
      }
      scanner = nil
    }
    return true
  }

  private func openNext() throws -> Bool {
    guard let input = inputs.popFirst() else { return false }
    let tarInput: any TarInput
    switch input {
    case .file(let path): tarInput = try TarStreamInput.open(path, remote)
    case .descriptor(let number):
      tarInput = TarStreamInput(OpenFile(descriptor: number, name: "-", closes: false))
    }
    tar = tarInput.path
    (hasSamples, tarFault) = (false, nil)
    scanner = TarScanner(tarInput)
    return true
  }

  private func close() {
    if let open { finished.append(open) }
    open = nil
  }

  /// Makes `key`'s sample the one at hand.
  private func enter(_ key: ArraySlice<UInt8>) {
    if let open, open.key.elementsEqual(key) { return }
    close()
    open = Pending(tar: tar, key: Array(key))
  }

  /// Notes what is wrong with the sample at hand; the first fault counts.
  private func blame(_ error: TesseraError) {
    if open?.fault == nil { open?.fault = error }
  }

  private func add(_ fault: TarFault) {
    // Ends without a marker, or data behind it, cost no sample.
    if fault.isOfTar {
      tarFault = tarFault ?? fault
      return
    }
    if fault.name.isEmpty {
      hasSamples = true
      close()
      finished.append(Pending(tar: tar, key: [], fault: fault.error(in: tar)))
    } else if let (key, _) = MemberName.split(fault.name) {
      hasSamples = true
      enter(key)
      blame(fault.error(in: tar))
    } else {
      // What belongs to no sample costs none, unless there is nothing else in the file.
      tarFault = tarFault ?? fault
    }
  }

  private func add(_ member: TarScanner.Member) throws {
    guard let (key, suffixBytes) = MemberName.split(member.name) else { return }
    enter(key)
    let suffix = MemberName.lowercased(suffixBytes)
    guard var sample = open else { return }
    let limit = fields.limits.bytes
    if sample.byteCount + member.size > limit {
      let kind = TarFault(
        kind: .tooLarge, name: member.name, offset: member.offset, expected: limit,
        got: sample.byteCount + member.size)
      sample.fault = sample.fault ?? kind.error(in: tar)
    } else if sample.fields.contains(where: { $0.suffix == suffix }) {
      let kind = TarFault(kind: .duplicateSuffix, name: member.name, offset: member.offset)
      sample.fault = sample.fault ?? kind.error(in: tar)
    }
    // A sample that has failed needs no more memory.
    if sample.fault != nil {
      sample.fields = []
    } else {
      let bytes = try readData(member.size)
      let name = "\(tar)/\(String(decoding: member.name, as: UTF8.self))"
      sample.byteCount += bytes.count
      sample.fields.append(
        .init(suffix: suffix, name: name, source: .bytes(bytes, name: name), size: bytes.count))
    }
    open = sample
  }

  /// The member's data; fewer bytes where the tar ends (the scanner then says so).
  ///
  /// A header is believed a few megabytes at a time: one that claims a gigabyte costs no more than is there.
  private func readData(_ size: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < size {
      let wanted = min(size - bytes.count, max(bytes.count, 1 << 22))
      let more = try [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
        count = try scanner?.readData(into: UnsafeMutableRawBufferPointer(buffer)) ?? 0
      }
      if bytes.isEmpty { bytes = more } else { bytes += more }
      if more.count < wanted { break }
    }
    return bytes
  }
}
