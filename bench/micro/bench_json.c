/*
 * Micro benchmark of the JSON reader and splitter: sign-in records of Azure Monitor's shape, about
 * 4 KB each, read in blocks of 256 KiB on one core: from 64 MB in memory, and "cached" over and
 * over from one block, as in the pipeline, where the block has just been filled.
 */
#include "bench/micro/micro.h"

#include "parsers/json.h"

static const struct record_path paths[] = {
    {"time", 0},
    {"properties.userPrincipalName", 1},
    {"properties.ipAddress", 2},
    {"properties.status.errorCode", 3},
    {"properties.userAgent", 4},
    {"properties.appId", 5},
    {"properties.location.countryOrRegion", 6},
};
enum { PATHS_COUNT = sizeof(paths) / sizeof(paths[0]) };

static void put_guid(struct micro_text *text, const char *key)
{
    micro_put(text, "\"%s\":\"", key);
    micro_put_guid(text);
    micro_put(text, "\",");
}

static void put_policies(struct micro_text *text)
{
    const unsigned count = 2 + (unsigned)(micro_draw(text) % 4);
    micro_put(text, "\"appliedConditionalAccessPolicies\":[");
    for (unsigned i = 0; i < count; i++) {
        micro_put(text, "%s{", i > 0 ? "," : "");
        put_guid(text, "id");
        micro_put(
            text,
            "\"displayName\":\"CA%03u: require multifactor authentication for %s\","
            "\"enforcedGrantControls\":[\"Mfa\"],\"enforcedSessionControls\":[],"
            "\"result\":\"notApplied\",\"conditionsSatisfied\":3,\"conditionsNotSatisfied\":%u}",
            i, i % 2 != 0 ? "guests" : "all users", (unsigned)(micro_draw(text) % 32));
    }
    micro_put(text, "],");
}

static void put_details(struct micro_text *text, unsigned minute)
{
    micro_put(
        text,
        "\"authenticationProcessingDetails\":[{\"key\":\"Login Hint Present\",\"value\":\"True\"},"
        "{\"key\":\"Legacy TLS (TLS 1.0, 1.1, 3DES)\",\"value\":\"False\"},{\"key\":\"Is CAE "
        "Token\",\"value\":\"False\"}],\"networkLocationDetails\":[{\"networkType\":"
        "\"trustedNamedLocation\",\"networkNames\":[\"Head office\"]}],"
        "\"processingTimeInMilliseconds\":%u,\"riskDetail\":\"none\",\"riskLevelAggregated\":"
        "\"none\",\"riskLevelDuringSignIn\":\"none\",\"riskState\":\"none\",\"riskEventTypes\":[],"
        "\"riskEventTypes_v2\":[],\"resourceDisplayName\":\"Microsoft Graph\",",
        (unsigned)(micro_draw(text) % 900));
    put_guid(text, "resourceId");
    put_guid(text, "resourceTenantId");
    put_guid(text, "homeTenantId");
    micro_put(
        text,
        "\"homeTenantName\":\"\",\"authenticationDetails\":[{\"authenticationStepDateTime\":"
        "\"2024-02-01T09:%02u:07.1200000Z\",\"authenticationMethod\":\"Password\","
        "\"authenticationMethodDetail\":\"Password in the cloud\",\"succeeded\":false,"
        "\"authenticationStepResultDetail\":\"Invalid username or password or Invalid on-premise "
        "username or password.\",\"authenticationStepRequirement\":\"Primary authentication\","
        "\"StatusSequence\":0,\"RequestSequence\":1}],\"authenticationRequirementPolicies\":[{"
        "\"requirementProvider\":\"multiConditionalAccess\",\"detail\":\"Conditional Access\"}],"
        "\"sessionLifetimePolicies\":[],\"authenticationRequirement\":"
        "\"multiFactorAuthentication\",\"servicePrincipalId\":\"\",\"userType\":\"Member\","
        "\"flaggedForReview\":false,\"isTenantRestricted\":false,\"autonomousSystemNumber\":%u,"
        "\"crossTenantAccessType\":\"none\",\"privateLinkDetails\":{},\"ssoExtensionVersion\":\"\","
        "\"uniqueTokenIdentifier\":\"%016" PRIx64 "%016" PRIx64 "\",\"authenticationStrengths\":[],"
        "\"incomingTokenType\":\"none\",\"authenticationProtocol\":\"none\","
        "\"appServicePrincipalId\":null,\"rngcStatus\":0,\"signInTokenProtectionStatus\":\"none\","
        "\"tokenProtectionStatusDetails\":{\"signInSessionStatus\":\"unbound\","
        "\"signInSessionStatusCode\":1002},\"originalTransferMethod\":\"none\",\"isThroughGlobal"
        "SecureAccess\":false,\"conditionalAccessAudiences\":[],\"sessionId\":\"\"",
        minute, (unsigned)(micro_draw(text) % 60000), micro_draw(text), micro_draw(text));
}

static void put_record(struct micro_text *text)
{
    static const char *const countries[] = {"US", "DE", "GB", "NL", "BR"};
    const uint64_t dice = micro_draw(text);
    const unsigned minute = (unsigned)(dice % 60), user = (unsigned)(dice >> 8) % 50000;
    const unsigned address = (unsigned)(dice >> 32) % 65536;
    const bool failed = (dice >> 60) == 0;
    micro_put(text,
              "{\"time\":\"2024-02-01T09:%02u:07.1234567Z\",\"resourceId\":"
              "\"/tenants/6f2c1c0e-8a0b-4b44-9f0e-3b8a8a1f7d10/providers/Microsoft.aadiam\","
              "\"operationName\":\"Sign-in activity\",\"operationVersion\":\"1.0\",\"category\":"
              "\"SignInLogs\",\"tenantId\":\"6f2c1c0e-8a0b-4b44-9f0e-3b8a8a1f7d10\",\"resultType\":"
              "\"%s\",\"resultSignature\":\"None\",\"durationMs\":0,\"callerIpAddress\":"
              "\"203.0.%u.%u\",",
              minute, failed ? "50126" : "0", address >> 8, address & 255);
    put_guid(text, "correlationId");
    micro_put(text, "\"identity\":\"Person %u\",\"Level\":4,\"location\":\"%s\",\"properties\":{",
              user, countries[dice % 5]);
    put_guid(text, "id");
    micro_put(text,
              "\"createdDateTime\":\"2024-02-01T09:%02u:05.9876543+00:00\",\"userDisplayName\":"
              "\"Person %u\",\"userPrincipalName\":\"person%u@contoso.example\",",
              minute, user, user);
    put_guid(text, "userId");
    put_guid(text, "appId");
    micro_put(
        text,
        "\"appDisplayName\":\"Office 365 Exchange Online\",\"ipAddress\":\"203.0.%u.%u\","
        "\"status\":{\"errorCode\":%s,\"failureReason\":\"%s\",\"additionalDetails\":\"\"},"
        "\"clientAppUsed\":\"Browser\",\"userAgent\":\"Mozilla/5.0 (Windows NT 10.0; Win64; x64) "
        "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%u.0.0.0 Safari/537.36\",\"deviceDetail\":{"
        "\"deviceId\":\"\",\"operatingSystem\":\"Windows 10\",\"browser\":\"Chrome 120.0.0\"},"
        "\"location\":{\"city\":\"Springfield\",\"state\":\"Some State\",\"countryOrRegion\":"
        "\"%s\",\"geoCoordinates\":{\"latitude\":39.78,\"longitude\":-89.64}},",
        address >> 8, address & 255, failed ? "50126" : "0",
        failed ? "Error validating credentials due to invalid username or password." : "Other.",
        100 + (unsigned)(dice >> 20) % 30, countries[dice % 5]);
    put_guid(text, "correlationId");
    micro_put(text, "\"conditionalAccessStatus\":\"success\",");
    put_policies(text);
    micro_put(text, "\"authenticationContextClassReferences\":[],");
    put_guid(text, "originalRequestId");
    micro_put(text,
              "\"isInteractive\":true,\"tokenIssuerName\":\"\",\"tokenIssuerType\":\"AzureAD\",");
    put_details(text, minute);
    micro_put(text, "}}\n");
}

static struct micro_text make_text(const char *front, const char *back)
{
    struct micro_text text = micro_text_create();
    micro_put(&text, "%s", front);
    while (!micro_text_is_full(&text)) {
        put_record(&text);
        text.start[text.bytes - 1] = *back != '\0' ? ',' : '\n';
    }
    if (*back != '\0')
        text.bytes--;
    micro_put(&text, "%s", back);
    return text;
}

struct source {
    const struct json_paths *paths; /* NULL: split only */
    enum json_tier tier;
    enum layout layout;
    struct slice text;
};

static void read_block(const struct source *source, const struct block *block,
                       struct micro_found *found)
{
    static struct record record;
    struct json_reader reader;
    json_reader_init(&reader, source->paths, source->tier, LIMIT_LINE_BYTES, block);
    for (;;) {
        const enum record_result result = json_reader_next(&reader, &record);
        if (result == RECORD_END)
            break;
        found->records += result == RECORD_FOUND;
        found->fields += (uint64_t)__builtin_popcountll(record.present);
        found->bytes += record.values[4].text.bytes;
    }
}

/* Splits the text as the input stage does, and reads what comes out when there are paths. */
static struct micro_found run(const void *what)
{
    const struct source *const source = what;
    const struct slice text = source->text;
    struct micro_found found = {0};
    struct json_split split;
    json_split_init(&split, source->layout, LIMIT_LINE_BYTES);
    split.tier = source->tier;
    for (size_t at = 0, end = 0; at < text.bytes;) {
        end = end + LIMIT_BLOCK_BYTES < text.bytes ? end + LIMIT_BLOCK_BYTES : text.bytes;
        const bool at_end = end == text.bytes;
        for (;;) {
            const struct record_cut cut =
                json_split_next(&split, slice_of(text.start + at, end - at), at_end);
            const struct block block = {
                .layout = source->layout,
                .bytes = cut.bytes,
                .text = (char *)(uintptr_t)text.start + at + cut.skip,
            };
            if (source->paths != NULL)
                read_block(source, &block, &found);
            else
                found.bytes += cut.bytes;
            at += cut.skip + cut.bytes;
            if (cut.skip + cut.bytes == 0 || at == end)
                break;
        }
        if (at_end)
            break;
    }
    return found;
}

static void measure(const char *name, struct source source, unsigned passes)
{
    micro_measure(name, json_tier_name(source.tier), run, &source, source.text.bytes, passes);
}

int main(void)
{
    const struct json_stop stop = {.always = (1u << PATHS_COUNT) - 1};
    struct json_paths *early = NULL, *full = NULL;
    if (json_paths_create(&early, paths, PATHS_COUNT, &stop, 1) != STATUS_OK ||
        json_paths_create(&full, paths, PATHS_COUNT, NULL, 0) != STATUS_OK)
        return EXIT_FAILURE;
    struct micro_text lines = make_text("", "");
    struct micro_text array = make_text("{\"value\":[", "]}");
    const struct slice lines_text = micro_text_slice(&lines), array_text = micro_text_slice(&array);
    const struct slice block = slice_of(lines.start, LIMIT_BLOCK_BYTES);
    const char *const end = memrchr(block.start, '\n', block.bytes);
    const struct slice cached = slice_of(block.start, (size_t)(end - block.start) + 1);

    for (int i = (int)json_tier_best(); i >= 0; i--) {
        const enum json_tier tier = (enum json_tier)i;
        const enum layout in_lines = LAYOUT_JSON_LINES, in_stream = LAYOUT_JSON_STREAM;
        const unsigned passes = MICRO_CACHED_PASSES;
        measure("lines, early exit, cached", (struct source){early, tier, in_lines, cached},
                passes);
        measure("lines, full walk, cached", (struct source){full, tier, in_lines, cached}, passes);
        measure("lines, early exit", (struct source){early, tier, in_lines, lines_text}, 1);
        measure("lines, full walk", (struct source){full, tier, in_lines, lines_text}, 1);
        measure("envelope, split only", (struct source){NULL, tier, in_stream, array_text}, 1);
        measure("envelope, early exit", (struct source){early, tier, in_stream, array_text}, 1);
        measure("envelope, full walk", (struct source){full, tier, in_stream, array_text}, 1);
    }
    free(lines.start);
    free(array.start);
    json_paths_destroy(early);
    json_paths_destroy(full);
    return EXIT_SUCCESS;
}
