package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.conformance.DetangleProcess.Result;
import detangle.server.ServerOptions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/**
 * Case 06: query and document are cut as sentence-transformers' CrossEncoder cuts them, by command and server alike.
 */
class RankTruncationCaseTest {
    private static final double TOLERANCE = 5e-5;

    private final CaseFolder folder = CaseFolder.of("06-rank-truncation");

    private double byCommand(String query, String text) {
        Result result = folder.run(
                "text-ranking",
                "--model",
                "rr",
                "--query",
                query,
                "--raw-scores",
                "--truncation",
                "--format",
                "json",
                text);
        assertEquals(0, result.status(), result.err());
        return JsonMapper.shared().readTree(result.out()).get(0).get("score").doubleValue();
    }

    @Test
    void theLongerOfQueryAndDocumentIsCut() {
        String query = "card ".repeat(150) + "new ".repeat(150);
        String document = "where ".repeat(300);
        String longQuery = "card ".repeat(600);
        assertEquals(-6.3191, byCommand(query, document), TOLERANCE);
        assertEquals(-6.2305, byCommand(longQuery, "where is it"), TOLERANCE);
        try (CaseServer server = CaseServer.of(folder.path().resolve("rr"), ServerOptions.DEFAULT)) {
            assertEquals(-6.3191, byServer(server, query, document), TOLERANCE);
            assertEquals(-6.2305, byServer(server, longQuery, "where is it"), TOLERANCE);
        }
    }

    private static double byServer(CaseServer server, String query, String text) {
        return server.post(
                        "/rerank", Map.of("query", query, "texts", List.of(text), "raw_scores", true, "truncate", true))
                .get(0)
                .get("score")
                .doubleValue();
    }
}
