// The library: one import gives all of it.
@_exported import CDLPack
@_exported import TesseraCodecs
@_exported import TesseraCore
@_exported import TesseraData
@_exported import TesseraTransforms
