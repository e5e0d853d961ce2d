/** Models for LangChain4j: vectors, scores of documents, moderation and a guardrail. */
package detangle.plug.langchain4j;
