package detangle.hostile;

import java.util.List;
import java.util.stream.Stream;

/** Every way in which strangers' files enter Detangle. */
final class Readers {
    private static final List<Reader> ALL = List.of(
            new AdapterReader(),
            new ArtifactFileReader(),
            new ByteLevelReader(),
            new CaseReader(),
            new GliclassReader(),
            new GlinerReader(),
            new Gliner2Reader(),
            new HubCacheReader(),
            new ModelReader(),
            new ParquetReader(),
            new ProgramReader(),
            new RowsReader(),
            new SafetensorsFileReader(),
            new SentencePieceReader(),
            new SentenceReader(),
            new ShardIndexReader(),
            new StoredProgramReader(),
            new TokenizerJsonReader(),
            new TokenizerSettingsReader(),
            new TorchDictionaryReader(),
            new TorchStreamReader(),
            new TorchZipReader(),
            new TrainingFilesReader(),
            new VocabTxtReader());

    private Readers() {}

    static Stream<Reader> all() {
        return ALL.stream();
    }
}
