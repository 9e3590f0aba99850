import Tessera
import TesseraVLM
import Testing

@Suite("A loader's batch as torch tensors")
struct TorchBatchTests {
  private static func samples(_ count: Int) -> [Sample] {
    (0..<count).map { number in
      let size = Size(width: 6, height: 4)
      let image = Image(size: size, format: .rgb, bytes: (0..<72).map { UInt8(($0 * 3 + number) % 256) })
      let ids = AnyTensor.int64(Tensor(shape: [3], [Int64(number), 7, 9]))
      var sample = Sample(.image(image, name: "\(number)"), label: number)
      sample.tensors = ["ids": ids]
      return sample
    }
  }

  @Test("lies at the batch's addresses, and outlives it while the loader goes on")
  func shares() async throws {
    let loader = DataLoader(InMemoryDataset(Self.samples(12)), batchSize: 3)
    var kept: [(tensor: TorchTensor, elements: [UInt8])] = []
    for try await batch in loader.epoch(0) {
      let images = TorchTensor(sharing: batch.images)
      let labels = TorchTensor(sharing: .int64(batch.labels))
      let ids = TorchTensor(sharing: try #require(batch.tensors["ids"]))
      #expect(batch.images.withUnsafeBytes { $0.baseAddress } == UnsafeRawPointer(images.dataPointer))
      #expect(images.shape == [3, 3, 4, 6] && images.type == .uint8)
      #expect(labels.array(of: Int64.self) == batch.labels.elements)
      #expect(ids.select(1, 0).array(of: Int64.self) == batch.labels.elements)
      let back = try AnyTensor(sharing: images)
      #expect(back == batch.images)
      #expect(back.withUnsafeBytes { $0.baseAddress } == UnsafeRawPointer(images.dataPointer))
      kept.append((images, batch.images.withUnsafeBytes { Array($0) }))
    }
    // Four batches through the loader's pool: none took memory that a torch tensor still holds.
    #expect(kept.count == 4)
    for (tensor, elements) in kept { #expect(tensor.array(of: UInt8.self) == elements) }
  }
}
