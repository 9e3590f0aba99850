// swift-tools-version: 6.1
import PackageDescription

// The library's readers under libFuzzer, with the address and undefined-behaviour sanitizers: `tools/fuzz` gives the flags
// and TESSERA_FUZZ, with which the library's package shows its targets to this one.
let package = Package(
  name: "fuzz",
  dependencies: [.package(name: "tessera", path: "..")],
  targets: [
    .systemLibrary(name: "CLibFuzzer"),
    .executableTarget(
      name: "TesseraFuzz", dependencies: ["CLibFuzzer", .product(name: "FuzzTargets", package: "tessera")],
      swiftSettings: [.swiftLanguageMode(.v6)]),
  ]
)
