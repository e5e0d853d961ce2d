package detangle.plug.lucene;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import detangle.pipelines.PipelineException;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.RankedDocument;
import detangle.pipelines.TextRanker;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.analysis.standard.StandardAnalyzer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.Explanation;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.TopDocs;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.apache.lucene.store.Directory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Hits of a real index in the order of a cross-encoder. The program of docs/PLUGS.md is a part of this file. */
class CrossEncoderRescorerTest {
    private static final PipelineOptions COLD = PipelineOptions.DEFAULT.withWarmUp(false);
    private static final List<String> TEXTS = List.of(
            "Your card is sent by post.",
            "A card that was lost can be blocked.",
            "Rates change daily.",
            "Your card works abroad.");

    private static final Query QUERY = new TermQuery(new Term("body", "card"));

    @TempDir
    private static Path folder;

    private static TextRanker ranker;
    private static Directory directory;
    private static DirectoryReader reader;
    private static IndexSearcher searcher;

    @BeforeAll
    static void index() throws IOException {
        ranker = TextRanker.load(
                TinyModel.write(folder.resolve("ranker"), "ForSequenceClassification", List.of("LABEL_0")), COLD);
        directory = new ByteBuffersDirectory();
        try (IndexWriter writer = new IndexWriter(directory, new IndexWriterConfig(new StandardAnalyzer()))) {
            for (String text : TEXTS) {
                Document document = new Document();
                document.add(new TextField("body", text, Field.Store.YES));
                document.add(new TextField("hidden", text, Field.Store.NO));
                writer.addDocument(document);
            }
        }
        reader = DirectoryReader.open(directory);
        searcher = new IndexSearcher(reader);
    }

    @AfterAll
    static void close() throws IOException {
        reader.close();
        directory.close();
        ranker.close();
    }

    @Test
    void hitsAreInTheOrderOfTheRanker() throws IOException {
        List<String> found = new ArrayList<>();
        List<RankedDocument> expected =
                ranker.rank("How will I get my card?", List.of(TEXTS.get(0), TEXTS.get(1), TEXTS.get(3)));

        TopDocs hits = searcher.search(QUERY, 100);
        TopDocs best = new CrossEncoderRescorer(ranker, "How will I get my card?", "body").rescore(searcher, hits, 2);
        for (ScoreDoc hit : best.scoreDocs) {
            found.add(searcher.storedFields().document(hit.doc).get("body"));
        }

        assertEquals(expected.stream().limit(2).map(RankedDocument::text).toList(), found);
        assertEquals(expected.get(0).score(), best.scoreDocs[0].score, 1e-5);
        assertEquals(3, best.totalHits.value());
    }

    @Test
    void anExplanationTellsBothScores() throws IOException {
        CrossEncoderRescorer rescorer = new CrossEncoderRescorer(ranker, "How will I get my card?", "body");
        ScoreDoc hit = rescorer.rescore(searcher, searcher.search(QUERY, 100), 1).scoreDocs[0];
        Explanation first = searcher.explain(QUERY, hit.doc);

        Explanation explanation = rescorer.explain(searcher, first, hit.doc);
        assertEquals(hit.score, explanation.getValue().floatValue(), 1e-5);
        assertEquals(first, explanation.getDetails()[0]);
    }

    @Test
    void noHitsStayNone() throws IOException {
        TopDocs none = searcher.search(new TermQuery(new Term("body", "umbrella")), 10);
        assertEquals(
                0, new CrossEncoderRescorer(ranker, "Where?", "body").rescore(searcher, none, 10).scoreDocs.length);
    }

    @Test
    void aFieldThatIsNotStoredIsNamed() throws IOException {
        TopDocs hits = searcher.search(QUERY, 1);
        CrossEncoderRescorer rescorer = new CrossEncoderRescorer(ranker, "Where?", "hidden");
        PipelineException missing = assertThrows(PipelineException.class, () -> rescorer.rescore(searcher, hits, 1));
        assertEquals(
                "document " + hits.scoreDocs[0].doc
                        + " has no stored text in the field hidden: store the field in the index",
                missing.getMessage());
    }
}
