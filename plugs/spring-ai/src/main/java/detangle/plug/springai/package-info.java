/** Models for Spring AI: vectors, ranked documents and an advisor that refuses messages. */
package detangle.plug.springai;
