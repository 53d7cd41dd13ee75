<?xml version="1.0" encoding="UTF-8"?>
<!--
 The page of t1554triage, made of a document with the root "bundle" that holds
 report.xml and, where there is one, run.xml. It may read nothing else. The page is
 well-formed XML and HTML at once, has no script and no style attribute: its
 content policy forbids both. Words and order: one sentence decides first, then why,
 then what speaks against it.
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns="http://www.w3.org/1999/xhtml"
 xmlns:r="urn:t1554triage:report:1" xmlns:n="urn:t1554triage:run:1" xmlns:s="http://www.w3.org/2000/svg" exclude-result-prefixes="r n s">
<xsl:output method="xml" encoding="UTF-8"/>
<xsl:param name="css"/>
<!-- The catalog of another language, where there is one: reports/words.CODE.xml. Texts of this sheet were exchanged before. -->
<xsl:variable name="catalog" select="/bundle/words"/>
<xsl:key name="word" match="/bundle/words/w" use="@en"/>
<xsl:variable name="language"><xsl:choose><xsl:when test="$catalog"><xsl:value-of select="$catalog/@language"/></xsl:when><xsl:otherwise>en</xsl:otherwise></xsl:choose></xsl:variable>
<xsl:decimal-format name="comma" decimal-separator="," grouping-separator="."/>
<xsl:variable name="report" select="/bundle/r:report"/>
<xsl:variable name="run" select="/bundle/n:run"/>
<xsl:variable name="decision" select="$report/r:decision"/>
<xsl:variable name="shown" select="$report/r:findings/r:finding"/>
<xsl:variable name="rows" select="$report/r:findings/@rows"/>
<!-- "md5:D41D..." of a custody form; nothing where none was given. -->
<xsl:variable name="acquired-text" select="translate($report/r:settings/@acquired-digest, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ-', 'abcdefghijklmnopqrstuvwxyz')"/>
<xsl:variable name="acquired-algorithm" select="substring-before($acquired-text, ':')"/>
<xsl:variable name="acquired" select="substring-after($acquired-text, ':')"/>
<xsl:key name="package" match="r:finding[(@severity='critical' or @severity='high') and r:path]/r:file/r:package" use="@name"/>
<xsl:key name="card" match="r:finding[@card='true']" use="@id"/>

<!-- Text of the evidence: what cannot be seen is a badge. -->
<xsl:template match="r:esc|n:esc"><span class="esc"><xsl:if test="@character"><xsl:attribute name="title"><xsl:value-of select="@character"/></xsl:attribute></xsl:if><xsl:value-of select="."/></span></xsl:template>
<!-- Fields of a line that the examiner wrote. -->
<xsl:template match="r:explained/r:esc[@character='U+0009']|r:custody/r:esc[@character='U+0009']"> · </xsl:template>
<xsl:template match="r:path|n:path|r:volume-path|r:stream|n:set">
 <span class="path"><bdi dir="ltr"><code><xsl:if test="string-length() &gt; 80"><xsl:attribute name="tabindex">0</xsl:attribute></xsl:if><xsl:apply-templates/></code></bdi><xsl:if test="@look-alike"><span class="raw">bytes of the name: <code class="hash"><xsl:value-of select="@raw"/></code></span></xsl:if></span>
</xsl:template>

<!-- Words. -->
<xsl:template name="number"><xsl:param name="n"/><xsl:choose><xsl:when test="$catalog/@decimal='comma'"><xsl:value-of select="format-number($n, '#.##0', 'comma')"/></xsl:when><xsl:otherwise><xsl:value-of select="format-number($n, '#,##0')"/></xsl:otherwise></xsl:choose></xsl:template>
<xsl:template name="share"><xsl:param name="n"/><xsl:choose><xsl:when test="$catalog/@decimal='comma'"><xsl:value-of select="format-number($n, '0,0', 'comma')"/></xsl:when><xsl:otherwise><xsl:value-of select="format-number($n, '0.0')"/></xsl:otherwise></xsl:choose></xsl:template>
<xsl:template name="words"><xsl:param name="t"/><xsl:variable name="plain" select="translate($t, '_-', '  ')"/><xsl:choose><xsl:when test="key('word', $plain)"><xsl:value-of select="key('word', $plain)"/></xsl:when><xsl:otherwise><xsl:value-of select="$plain"/></xsl:otherwise></xsl:choose></xsl:template>
<xsl:template name="verdict-words"><xsl:param name="v"/>
 <xsl:choose>
  <xsl:when test="$v='matches_record'">Equals package record</xsl:when>
  <xsl:when test="$v='known_good'">Known good (vendor set)</xsl:when>
  <xsl:when test="$v='known'">Known (set vouches for nothing)</xsl:when>
  <xsl:when test="$v='changed_explained'">Changed, bytes explained</xsl:when>
  <xsl:when test="$v='unknown'">Unknown</xsl:when>
  <xsl:when test="$v='known_tool'">Known tool</xsl:when>
  <xsl:when test="$v='suspicious'">Suspicious</xsl:when>
  <xsl:when test="$v='changed_no_record'">Changed, no record covers it</xsl:when>
  <xsl:when test="$v='changed_unexplained'">Changed, unexplained</xsl:when>
  <xsl:when test="$v='conflict'">Conflict of sets</xsl:when>
  <xsl:when test="$v='known_bad'">Known bad</xsl:when>
  <xsl:when test="$v='unreliable'">Unreliable (damage)</xsl:when>
  <xsl:when test="$v='not_examined'">Not examined</xsl:when>
 </xsl:choose>
</xsl:template>
<xsl:template name="decision-words">
 <xsl:choose>
  <xsl:when test="$decision/@value='escalate'">Escalate to Tier 2</xsl:when>
  <xsl:when test="$decision/@value='inconclusive'">Inconclusive</xsl:when>
  <xsl:otherwise>Do not escalate</xsl:otherwise>
 </xsl:choose>
</xsl:template>
<xsl:template name="answer">
 <span><xsl:attribute name="class">ans <xsl:choose><xsl:when test="@answer='yes' or @answer='no' or @answer='partly'"><xsl:value-of select="@answer"/></xsl:when><xsl:otherwise>open</xsl:otherwise></xsl:choose></xsl:attribute>
 <xsl:choose><xsl:when test="@answer='yes'">Yes</xsl:when><xsl:when test="@answer='no'">No</xsl:when><xsl:when test="@answer='partly'">Partly</xsl:when><xsl:when test="@answer='not determinable'">Not determinable</xsl:when><xsl:otherwise>Not examined</xsl:otherwise></xsl:choose></span>
</xsl:template>
<!-- A finding's number, a link where its card or row is on the page. -->
<xsl:template name="reference"><xsl:param name="id"/>
 <xsl:choose>
  <xsl:when test="key('card', $id)"><a class="nw" href="#{$id}"><xsl:value-of select="$id"/></a></xsl:when>
  <xsl:otherwise><span class="nw"><xsl:value-of select="$id"/></span></xsl:otherwise>
 </xsl:choose>
</xsl:template>
<xsl:template name="because">
 <xsl:if test="r:because"><xsl:text> </xsl:text><span class="q">
  <xsl:for-each select="r:because[position() &lt;= 12]"><xsl:if test="position() &gt; 1">, </xsl:if><xsl:call-template name="reference"><xsl:with-param name="id" select="@finding"/></xsl:call-template></xsl:for-each>
  <xsl:if test="count(r:because) &gt; 12"> and <xsl:call-template name="number"><xsl:with-param name="n" select="count(r:because) - 12 + number(concat('0', @further))"/></xsl:call-template> more</xsl:if></span></xsl:if>
</xsl:template>
<xsl:template name="severity"><span class="sev {@severity}"><span aria-hidden="true"><xsl:choose><xsl:when test="@severity='critical'">◆</xsl:when><xsl:when test="@severity='high'">▲</xsl:when><xsl:when test="@severity='medium'">■</xsl:when><xsl:otherwise>●</xsl:otherwise></xsl:choose></span><xsl:text> </xsl:text><xsl:call-template name="words"><xsl:with-param name="t" select="@severity"/></xsl:call-template></span></xsl:template>
<!-- Where something was seen: path:line, the line quoted. -->
<xsl:template name="seen">
 <xsl:call-template name="place"/>
 <xsl:if test="r:quoted"><blockquote><xsl:apply-templates select="r:quoted/node()"/></blockquote></xsl:if>
 <xsl:if test="r:decoded"><xsl:text>, which says: </xsl:text><code><xsl:apply-templates select="r:decoded/node()"/></code></xsl:if>
</xsl:template>
<xsl:template name="quoted-place">
 <span class="q"><xsl:call-template name="place"/></span><xsl:if test="r:quoted"><xsl:text> </xsl:text><q class="line"><xsl:apply-templates select="r:quoted/node()"/></q></xsl:if>
</xsl:template>
<xsl:template name="place">
 <xsl:apply-templates select="r:path"/><xsl:if test="@line">:<xsl:value-of select="@line"/></xsl:if>
 <xsl:if test="@offset"> at byte <xsl:call-template name="number"><xsl:with-param name="n" select="@offset"/></xsl:call-template></xsl:if>
 <xsl:if test="@record"> record <xsl:value-of select="@record"/></xsl:if>
</xsl:template>
<!-- A time stamp: with its digits as recorded, or without the zeros at its end. -->
<xsl:template name="when"><xsl:param name="t"/><xsl:param name="digits" select="false()"/>
 <xsl:variable name="fraction" select="translate(substring-after($t, '.'), 'Z', '')"/>
 <time class="nw"><xsl:value-of select="translate(substring($t, 1, 19), 'T', ' ')"/><xsl:choose>
   <xsl:when test="$digits and $fraction">.<xsl:value-of select="$fraction"/></xsl:when>
   <xsl:when test="translate($fraction, '0', '')">.<xsl:call-template name="without-zeros"><xsl:with-param name="d" select="$fraction"/></xsl:call-template></xsl:when></xsl:choose></time><xsl:if test="$t and not(contains($t, 'Z'))"> (zone not known)</xsl:if>
</xsl:template>
<xsl:template name="without-zeros"><xsl:param name="d"/>
 <xsl:choose><xsl:when test="substring($d, string-length($d))='0'"><xsl:call-template name="without-zeros"><xsl:with-param name="d" select="substring($d, 1, string-length($d) - 1)"/></xsl:call-template></xsl:when><xsl:otherwise><xsl:value-of select="$d"/></xsl:otherwise></xsl:choose>
</xsl:template>
<!-- A statement with its digests cut to sixteen digits; the whole value is in the card. Long texts are left as they are. -->
<xsl:template match="*" mode="short"><xsl:apply-templates select="."/></xsl:template>
<xsl:template match="text()" mode="short">
 <xsl:choose><xsl:when test="string-length() &lt; 1000"><xsl:call-template name="short-words"><xsl:with-param name="t" select="string()"/></xsl:call-template></xsl:when><xsl:otherwise><xsl:value-of select="."/></xsl:otherwise></xsl:choose>
</xsl:template>
<xsl:template name="short-words"><xsl:param name="t"/>
 <xsl:variable name="word" select="substring-before(concat($t, ' '), ' ')"/><xsl:variable name="hex" select="translate($word, '(),.;', '')"/>
 <xsl:choose>
  <xsl:when test="string-length($hex) &gt; 31 and not(translate($hex, '0123456789abcdef', ''))"><xsl:value-of select="substring-before($word, $hex)"/><code title="{$hex}"><xsl:value-of select="substring($hex, 1, 16)"/>…</code><xsl:value-of select="substring-after($word, $hex)"/></xsl:when>
  <xsl:otherwise><xsl:value-of select="$word"/></xsl:otherwise>
 </xsl:choose>
 <xsl:if test="contains($t, ' ')"><xsl:text> </xsl:text><xsl:call-template name="short-words"><xsl:with-param name="t" select="substring-after($t, ' ')"/></xsl:call-template></xsl:if>
</xsl:template>
<!-- A digest breaks after each eight digits. -->
<xsl:template name="hash"><xsl:param name="h"/><code class="hash"><xsl:call-template name="hash-part"><xsl:with-param name="h" select="$h"/></xsl:call-template></code></xsl:template>
<xsl:template name="hash-part"><xsl:param name="h"/>
 <xsl:value-of select="substring($h, 1, 8)"/><xsl:if test="string-length($h) &gt; 8"><wbr/><xsl:call-template name="hash-part"><xsl:with-param name="h" select="substring($h, 9)"/></xsl:call-template></xsl:if>
</xsl:template>

<xsl:template match="/">
 <html lang="{$language}" xml:lang="{$language}">
  <head>
   <meta http-equiv="Content-Type" content="text/html; charset=UTF-8"/>
   <meta http-equiv="Content-Security-Policy" content="default-src 'none'"/>
   <meta name="referrer" content="no-referrer"/><meta name="viewport" content="width=device-width, initial-scale=1"/>
   <meta name="generator" content="{$report/@program}"/>
   <title><xsl:if test="$report/r:case/r:number"><xsl:value-of select="$report/r:case/r:number"/>: </xsl:if><xsl:call-template name="decision-words"/>. T1554 tier-2 report</title>
   <style><xsl:value-of select="$css"/></style>
   <style><xsl:call-template name="page-margins"/></style>
  </head>
  <body>
   <a class="skip" href="#main">Skip to the report</a>
   <div class="wrap">
    <xsl:call-template name="contents"/>
    <main id="main">
     <xsl:call-template name="top"/>
     <xsl:call-template name="verdict"/>
     <xsl:call-template name="numbers"/>
     <xsl:call-template name="questions"/>
     <xsl:call-template name="picture"/>
     <xsl:call-template name="findings"/>
     <xsl:call-template name="actions"/>
     <xsl:call-template name="evidence"/>
     <xsl:call-template name="method"/>
     <xsl:call-template name="coverage"/>
     <xsl:call-template name="validation"/>
     <xsl:call-template name="exhibits"/>
     <xsl:call-template name="declaration"/>
     <xsl:call-template name="appendix"/>
     <footer><p>End of report <xsl:value-of select="$report/@id"/><xsl:if test="$report/r:case/r:number"><xsl:text>, </xsl:text><xsl:text>case</xsl:text><xsl:text> </xsl:text><xsl:apply-templates select="$report/r:case/r:number/node()"/></xsl:if>. Results relate only to the items examined. Reproduce only in full.</p></footer>
    </main>
   </div>
  </body>
 </html>
</xsl:template>

<!-- What stands on every printed page. The program adds the digests of both styles to the policy. -->
<xsl:template name="page-margins">
 <xsl:text>@page{@top-left{content:"t1554triage: </xsl:text><xsl:text>tier-2 report</xsl:text><xsl:text>, ATT\000026CK T1554"}@bottom-left{content:"</xsl:text><xsl:text>Report</xsl:text><xsl:text> </xsl:text><xsl:value-of select="$report/@id"/><xsl:text>"}@bottom-right{content:"</xsl:text><xsl:text>Page</xsl:text><xsl:text> " counter(page) " </xsl:text><xsl:text>of</xsl:text><xsl:text> " counter(pages)}}</xsl:text>
</xsl:template>
<xsl:template name="contents">
 <nav aria-label="Contents"><p>Contents</p><ol>
  <li><a href="#verdict">Verdict</a></li><li><a href="#questions">1. Playbook questions</a></li><li><a href="#picture">2. The picture</a></li>
  <li><a href="#findings">3. Findings</a></li><li><a href="#actions">4. Recommended actions</a></li><li><a href="#evidence">5. Evidence, integrity</a></li>
  <li><a href="#method">6. Method, provenance</a></li><li><a href="#coverage">7. Coverage, limits</a></li><li><a href="#validation">8. Validation, error</a></li>
  <li><a href="#exhibits">9. Exhibits</a></li><li><a href="#declaration">10. Declaration</a></li><li><a href="#appendix">11. Appendix</a></li>
 </ol></nav>
</xsl:template>

<xsl:template name="top">
 <header class="top"><p class="kick">Tier-2 report · MITRE ATT&amp;CK T1554 Compromise Host Software Binary (Persistence) · offline triage</p>
  <h1>Host software binaries<xsl:if test="$report/r:systems/r:system/r:host"> on <xsl:apply-templates select="$report/r:systems/r:system[r:host][1]/r:host/node()"/><xsl:if test="count($report/r:systems/r:system) &gt; 1"> and <xsl:value-of select="count($report/r:systems/r:system) - 1"/> more</xsl:if></xsl:if></h1>
  <dl class="ids">
   <div><dt>Case</dt><dd><xsl:choose><xsl:when test="$report/r:case/r:number"><xsl:apply-templates select="$report/r:case/r:number/node()"/></xsl:when><xsl:otherwise>not given</xsl:otherwise></xsl:choose></dd></div>
   <div><dt>Evidence</dt><dd><xsl:for-each select="$report/r:evidence/r:exhibit"><xsl:if test="position() &gt; 1">; </xsl:if><xsl:value-of select="@id"/><xsl:if test="@number"> = <xsl:value-of select="@number"/></xsl:if>: <xsl:apply-templates select="r:name/node()"/></xsl:for-each></dd></div>
   <div><dt>Examiner</dt><dd><xsl:choose><xsl:when test="$report/r:case/r:examiner"><xsl:apply-templates select="$report/r:case/r:examiner/node()"/><xsl:if test="$report/r:case/r:organization">, <xsl:apply-templates select="$report/r:case/r:organization/node()"/></xsl:if></xsl:when><xsl:otherwise>not given</xsl:otherwise></xsl:choose></dd></div>
   <div><dt>Image integrity</dt><dd><xsl:call-template name="integrity"/></dd></div>
   <div><dt>Report</dt><dd class="id"><xsl:value-of select="$report/@id"/></dd></div>
  </dl></header>
</xsl:template>
<xsl:template name="integrity">
 <xsl:variable name="v" select="$report/r:evidence/r:exhibit/r:verification"/>
 <xsl:choose>
  <xsl:when test="$acquired and $report/r:evidence/r:exhibit/r:verification/r:computed[@algorithm=$acquired-algorithm] and not($report/r:evidence/r:exhibit/r:verification/r:computed[@algorithm=$acquired-algorithm and string()=$acquired])"><span class="bad">✗ differs</span> from the digest recorded elsewhere</xsl:when>
  <xsl:when test="$v[@result='differs']"><span class="bad">✗ a digest differs</span> from the stored one</xsl:when>
  <xsl:when test="$v/r:recorded[@result='differs']"><span class="bad">✗ differs</span> from the digest recorded elsewhere</xsl:when>
  <xsl:when test="$v[@damaged-ranges &gt; 0]"><span class="bad">✗ damaged ranges</span>, see section 5</xsl:when>
  <xsl:when test="$v[@result='interrupted']"><span class="bad">✗ not computed to the end</span>: interrupted</xsl:when>
  <xsl:when test="$v[@result='unreadable']"><span class="bad">✗ could not be read whole</span></xsl:when>
  <xsl:when test="$v and count($v[@result='equal'])=count($v)"><span class="ok">✓ equal</span> to the stored digests</xsl:when>
  <xsl:when test="$v[@result='nothing_stored']">no digest stored to compare with</xsl:when>
  <xsl:when test="not($report/r:evidence/r:exhibit[@kind='image'])">no medium: files alone</xsl:when>
  <xsl:otherwise>not compared</xsl:otherwise>
 </xsl:choose>
</xsl:template>

<xsl:template name="verdict">
 <section class="verdict {$decision/@value}" id="verdict" data-decision="{$decision/@value}" aria-labelledby="verdict-h">
  <div class="head"><xsl:call-template name="icon"/>
   <div><h2 id="verdict-h"><xsl:call-template name="decision-words"/></h2>
    <p><xsl:value-of select="count($decision/r:criterion[@answer='yes'])"/> of the three escalation criteria answered yes<xsl:choose><xsl:when test="$decision/@incomplete='true'">; <strong>the examination was incomplete</strong> (section 7)</xsl:when><xsl:otherwise>; nothing of what was to be examined was left out</xsl:otherwise></xsl:choose>.</p></div></div>
  <div class="body"><xsl:if test="$catalog"><p class="note">The sentences of the report itself are in English.</p></xsl:if><p class="lead" lang="en"><xsl:apply-templates select="$decision/r:sentence/node()"/></p>
   <xsl:for-each select="$report/r:notes/r:note[@kind='interrupted']"><p class="interrupted"><strong>Interrupted.</strong><xsl:text> </xsl:text><xsl:apply-templates select="r:text/node()"/>.</p></xsl:for-each>
   <xsl:if test="$decision/r:deciding">
    <table class="dec" id="deciding"><caption>Deciding evidence</caption><thead><tr><th scope="col">File</th><th scope="col">The package record says</th><th scope="col">The file has</th><th scope="col">Nearest transactions, lock</th></tr></thead>
     <tbody><xsl:for-each select="$decision/r:deciding"><tr>
      <th scope="row"><xsl:apply-templates select="r:path"/><xsl:text> </xsl:text><xsl:if test="r:stream">stream <xsl:apply-templates select="r:stream"/><xsl:text> </xsl:text></xsl:if><xsl:if test="@finding"><xsl:call-template name="reference"><xsl:with-param name="id" select="@finding"/></xsl:call-template></xsl:if></th>
      <td><xsl:apply-templates select="r:record-says/node()" mode="short"/><xsl:if test="@trust"><span class="q"> (trust: <xsl:call-template name="words"><xsl:with-param name="t" select="@trust"/></xsl:call-template>)</span></xsl:if></td>
      <td><xsl:apply-templates select="r:file-has/node()" mode="short"/></td>
      <td><xsl:call-template name="nearest"/></td></tr></xsl:for-each></tbody></table>
   </xsl:if>
   <table class="crit" id="criteria"><thead><tr><th scope="col">Escalation criterion (playbook)</th><th scope="col">Met?</th><th scope="col">Why</th></tr></thead>
    <tbody><xsl:for-each select="$decision/r:criterion"><tr data-answer="{@answer}"><th scope="row"><xsl:apply-templates select="r:asked/node()"/></th><td><xsl:call-template name="answer"/></td>
     <td><xsl:apply-templates select="r:text/node()"/><xsl:call-template name="because"/></td></tr></xsl:for-each></tbody></table>
   <div class="against" id="against"><p><strong>What speaks against, or is open.</strong><xsl:text> </xsl:text><xsl:choose><xsl:when test="$decision/r:against"><xsl:apply-templates select="$decision/r:against/node()"/></xsl:when><xsl:otherwise>Nothing beyond the limits in section 7.</xsl:otherwise></xsl:choose></p></div>
  </div></section>
</xsl:template>
<xsl:template name="icon">
 <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" aria-hidden="true">
  <xsl:choose>
   <xsl:when test="$decision/@value='escalate'"><path d="M24 3 L46 43 H2 Z" fill="#fff"/><path d="M24 17 V30" class="glyph" stroke-width="5"/><circle cx="24" cy="36.5" r="2.5" class="glyph"/></xsl:when>
   <xsl:when test="$decision/@value='inconclusive'"><circle cx="24" cy="24" r="21" fill="#fff"/><path d="M17.5 18.5a6.5 6.5 0 1 1 9.6 5.7c-2.3 1.3-3.1 2.4-3.1 5" fill="none" stroke="#6b4a12" stroke-width="4.5"/><circle cx="24" cy="36" r="1.8" class="glyph"/></xsl:when>
   <xsl:otherwise><circle cx="24" cy="24" r="21" fill="#fff"/><path d="M13 25 L21 33 L36 16" fill="none" stroke="#0b5d8a" stroke-width="5"/></xsl:otherwise>
  </xsl:choose></svg>
</xsl:template>
<!-- Each line is quoted as it stands. -->
<xsl:template name="nearest">
 <xsl:for-each select="r:before|r:after"><div><strong><xsl:choose><xsl:when test="self::r:before">before</xsl:when><xsl:otherwise>after</xsl:otherwise></xsl:choose></strong>: <xsl:call-template name="when"><xsl:with-param name="t" select="@time"/></xsl:call-template><xsl:if test="contains(@time, 'Z')"> UTC</xsl:if><xsl:text> </xsl:text><xsl:for-each select="r:seen"><xsl:call-template name="quoted-place"/></xsl:for-each></div></xsl:for-each>
 <xsl:choose><xsl:when test="not(r:before) and not(r:after)"><div class="q">before: none recorded; after: none recorded</div></xsl:when><xsl:when test="not(r:before)"><div class="q">before: none recorded</div></xsl:when><xsl:when test="not(r:after)"><div class="q">after: none recorded</div></xsl:when></xsl:choose>
 <xsl:for-each select="r:lock"><div><strong>lock</strong>: <xsl:call-template name="words"><xsl:with-param name="t" select="@kind"/></xsl:call-template><xsl:text> </xsl:text><xsl:for-each select="r:seen"><xsl:call-template name="quoted-place"/></xsl:for-each></div></xsl:for-each>
</xsl:template>

<xsl:template name="numbers">
 <xsl:variable name="c" select="$report/r:counts"/>
 <dl class="nums" id="numbers" data-programs="{$c/@programs}">
  <div><dt>Names walked</dt><dd><xsl:call-template name="number"><xsl:with-param name="n" select="$c/@entries"/></xsl:call-template></dd></div>
  <div><dt>Programs examined, each once</dt><dd><xsl:call-template name="number"><xsl:with-param name="n" select="$c/@programs"/></xsl:call-template></dd></div>
  <div><dt>Equal to record / vouched for by a set</dt><dd><xsl:call-template name="number"><xsl:with-param name="n" select="$c/r:class[@verdict='matches_record']/@files"/></xsl:call-template> / <xsl:call-template name="number"><xsl:with-param name="n" select="$c/r:class[@verdict='known_good']/@files"/></xsl:call-template></dd></div>
  <div><dt>Unknown</dt><dd><xsl:call-template name="number"><xsl:with-param name="n" select="$c/r:class[@verdict='unknown']/@files"/></xsl:call-template></dd></div>
  <div><dt>Changed, unexplained or without record</dt><dd><xsl:if test="$c/r:class[@verdict='changed_unexplained' or @verdict='changed_no_record']/@files &gt; 0"><xsl:attribute name="class">amber</xsl:attribute></xsl:if><xsl:call-template name="number"><xsl:with-param name="n" select="$c/r:class[@verdict='changed_unexplained']/@files + $c/r:class[@verdict='changed_no_record']/@files"/></xsl:call-template></dd></div>
  <div><dt>Known bad</dt><dd><xsl:if test="$c/r:class[@verdict='known_bad']/@files &gt; 0"><xsl:attribute name="class">red</xsl:attribute></xsl:if><xsl:call-template name="number"><xsl:with-param name="n" select="$c/r:class[@verdict='known_bad']/@files"/></xsl:call-template></dd></div>
 </dl>
 <p class="note">Counted are the allocated programs of the installed systems, each once whatever its number of names; deleted ones and those of no system are in <code>files.jsonl</code>. Of <xsl:call-template name="number"><xsl:with-param name="n" select="$c/@system-programs"/></xsl:call-template> programs in the package manager's folders <xsl:call-template name="number"><xsl:with-param name="n" select="$c/@with-baseline"/></xsl:call-template><xsl:if test="$c/@system-programs &gt; 0"> (<xsl:call-template name="share"><xsl:with-param name="n" select="100 * $c/@with-baseline div $c/@system-programs"/></xsl:call-template> %)</xsl:if> have a baseline to compare with. Unknown says only that no record and no set has the digest. Figure 1 has the classes that are not shown here.</p>
</xsl:template>

<xsl:template name="questions">
 <section id="questions"><h2>1. Playbook questions</h2>
  <xsl:for-each select="$report/r:playbook/r:question"><div class="qa"><h3>Q<xsl:value-of select="position()"/>. <xsl:apply-templates select="r:asked/node()"/></h3>
   <p><xsl:call-template name="answer"/><xsl:text> </xsl:text><xsl:apply-templates select="r:text/node()"/><xsl:call-template name="because"/></p>
   <xsl:if test="r:basis"><p class="q">Rests on: <xsl:apply-templates select="r:basis/node()"/></p></xsl:if>
   <xsl:if test="r:against"><p class="q">Speaks against, or is open: <xsl:apply-templates select="r:against/node()"/></p></xsl:if></div></xsl:for-each>
  <h3>Tier-1 steps of the playbook</h3>
  <table class="steps"><thead><tr><th scope="col">Step</th><th scope="col">Answer</th><th scope="col">Result</th></tr></thead>
   <tbody><xsl:for-each select="$report/r:playbook/r:step"><tr><th scope="row"><xsl:apply-templates select="r:asked/node()"/></th><td><xsl:call-template name="answer"/></td><td><xsl:apply-templates select="r:text/node()"/><xsl:call-template name="because"/><xsl:if test="r:basis"><div class="q">Rests on: <xsl:apply-templates select="r:basis/node()"/></div></xsl:if></td></tr></xsl:for-each></tbody></table>
 </section>
</xsl:template>

<xsl:template name="picture">
 <section id="picture"><h2>2. The picture</h2>
  <xsl:call-template name="bar"/><xsl:call-template name="lanes"/><xsl:call-template name="heat"/>
 </section>
</xsl:template>
<xsl:template name="bar">
 <xsl:variable name="bar" select="$report/r:picture/r:bar"/>
 <xsl:variable name="tail" select="$report/r:picture/r:tail"/>
 <figure><figcaption>Figure 1. What the examined programs are, each counted once</figcaption>
  <xsl:choose>
   <xsl:when test="not($bar)"><p>No program was examined.</p></xsl:when>
   <xsl:otherwise>
    <xsl:variable name="legend" select="20 * ceiling(count($bar/r:part) div 3)"/>
    <svg xmlns="http://www.w3.org/2000/svg" class="fig" role="img" viewBox="0 0 980 {160 + $legend}">
     <title>Programs by verdict: <xsl:for-each select="$bar/r:part"><xsl:if test="position() &gt; 1">; </xsl:if><xsl:call-template name="verdict-words"><xsl:with-param name="v" select="@verdict"/></xsl:call-template><xsl:text> </xsl:text><xsl:value-of select="@files"/></xsl:for-each></title>
     <text x="0" y="13" class="b">All <xsl:call-template name="number"><xsl:with-param name="n" select="$bar/@files"/></xsl:call-template> programs</text>
     <xsl:for-each select="$bar/r:part"><rect x="{@x}" y="20" width="{@width}" height="38" class="v-{@verdict}"/>
      <xsl:if test="@width &gt; 190"><text x="{@x + 10}" y="44" class="w"><xsl:call-template name="verdict-words"><xsl:with-param name="v" select="@verdict"/></xsl:call-template>: <xsl:call-template name="number"><xsl:with-param name="n" select="@files"/></xsl:call-template></text></xsl:if></xsl:for-each>
     <xsl:if test="$tail">
      <path class="zoom" d="M{$bar/r:part[@verdict=$tail/r:part[1]/@verdict]/@x} 58 L0 100 M980 58 L980 100"/>
      <text x="490" y="88" text-anchor="middle" class="b halo">Enlarged: the <xsl:call-template name="number"><xsl:with-param name="n" select="$tail/@files"/></xsl:call-template> that neither a record nor a set vouches for</text>
      <xsl:for-each select="$tail/r:part"><rect x="{@x}" y="100" width="{@width}" height="38" class="v-{@verdict}"/>
       <text x="{@x + @width div 2}" y="124" text-anchor="middle" class="w"><xsl:call-template name="number"><xsl:with-param name="n" select="@files"/></xsl:call-template></text></xsl:for-each>
     </xsl:if>
     <xsl:for-each select="$bar/r:part">
      <xsl:variable name="x" select="330 * ((position() - 1) mod 3)"/><xsl:variable name="y" select="152 + 20 * floor((position() - 1) div 3)"/>
      <rect x="{$x}" y="{$y}" width="14" height="14" class="v-{@verdict}"/><text x="{$x + 21}" y="{$y + 12}"><tspan class="b"><xsl:call-template name="number"><xsl:with-param name="n" select="@files"/></xsl:call-template></tspan><xsl:text> </xsl:text><xsl:call-template name="verdict-words"><xsl:with-param name="v" select="@verdict"/></xsl:call-template></text></xsl:for-each>
    </svg>
    <p class="note">In the lower bar every class is drawn with a least width, so that small ones can be seen; the numbers are exact.</p>
    <details><summary>The data of figure 1</summary><table><thead><tr><th scope="col">Verdict</th><th scope="col" class="n">Programs</th><th scope="col" class="n">Share</th></tr></thead><tbody>
     <xsl:for-each select="$bar/r:part"><tr><th scope="row"><xsl:call-template name="verdict-words"><xsl:with-param name="v" select="@verdict"/></xsl:call-template></th><td class="n"><xsl:call-template name="number"><xsl:with-param name="n" select="@files"/></xsl:call-template></td><td class="n"><xsl:call-template name="share"><xsl:with-param name="n" select="100 * @files div $bar/@files"/></xsl:call-template> %</td></tr></xsl:for-each>
     </tbody><tfoot><tr><th scope="row">All</th><td class="n"><xsl:call-template name="number"><xsl:with-param name="n" select="$bar/@files"/></xsl:call-template></td><td class="n">100 %</td></tr></tfoot></table></details>
   </xsl:otherwise>
  </xsl:choose></figure>
</xsl:template>
<xsl:template name="lanes">
 <xsl:variable name="t" select="$report/r:picture/r:timeline"/>
 <figure><figcaption>Figure 2. Stamps of the flagged files, and when packages were changed (UTC)</figcaption>
  <xsl:choose>
   <xsl:when test="not($t/r:lane)"><p>No file is flagged with medium severity or higher, or none has a time stamp.</p></xsl:when>
   <xsl:otherwise>
    <xsl:for-each select="$t"><xsl:call-template name="lane-drawing"/></xsl:for-each>
    <xsl:if test="$t/r:zoom"><p class="enlarged">Enlarged: the cluster between the dashed lines</p><xsl:for-each select="$t/r:zoom"><xsl:call-template name="lane-drawing"/></xsl:for-each></xsl:if>
    <svg xmlns="http://www.w3.org/2000/svg" class="fig" viewBox="0 0 980 26" aria-hidden="true">
     <path class="m-outside" d="M8 6 l7 7 l-7 7 l-7 -7 z"/><text x="20" y="17">outside every run</text>
     <rect class="m-inside" x="150" y="8" width="10" height="10"/><text x="166" y="17">inside a run of its package</text>
     <path class="m-open" d="M348 6 l7 7 l-7 7 l-7 -7 z"/><text x="360" y="17">no log covers it</text>
     <circle class="m-accessed" cx="480" cy="13" r="5"/><text x="491" y="17">accessed only</text>
     <rect class="window" x="594" y="6" width="14" height="14"/><text x="614" y="17">run of a package manager</text>
     <path class="m-earlier" d="M790 13 l9 -5 v10 z"/><text x="804" y="17">before the axis</text>
    </svg>
    <p class="note">A lane is a file with a finding of medium severity or higher. m modified, a accessed, c changed (inode), b born. The stamps are those of the host's clock.<xsl:if test="$t/@interest-x"> The yellow ground with the dashed border is the time of interest.</xsl:if></p>
    <xsl:if test="$t/@files-left-out &gt; 0"><p class="note"><xsl:value-of select="$t/@files-left-out"/><xsl:choose><xsl:when test="$t/@files-left-out = 1"> more flagged file is in section 3.</xsl:when><xsl:otherwise> more flagged files are in section 3.</xsl:otherwise></xsl:choose></p></xsl:if>
    <details><summary>The data of figure 2</summary><table><thead><tr><th scope="col">Finding</th><th scope="col">File</th><th scope="col">Stamps</th><th scope="col">UTC</th><th scope="col">Runs of its package</th></tr></thead><tbody>
     <xsl:for-each select="$t/r:lane/r:mark"><tr><th scope="row"><xsl:call-template name="reference"><xsl:with-param name="id" select="../@finding"/></xsl:call-template></th><td><xsl:apply-templates select="../r:path"/></td><td><code><xsl:value-of select="@macb"/></code></td><td><xsl:call-template name="when"><xsl:with-param name="t" select="@time"/></xsl:call-template></td><td><xsl:choose><xsl:when test="@kind='outside'">outside every run</xsl:when><xsl:when test="@kind='inside'">inside a run of its package</xsl:when><xsl:when test="@kind='open'">no log covers it</xsl:when><xsl:when test="@kind='accessed'">accessed only</xsl:when><xsl:when test="@kind='earlier'">before the axis</xsl:when><xsl:otherwise>after the axis</xsl:otherwise></xsl:choose></td></tr></xsl:for-each></tbody></table></details>
   </xsl:otherwise>
  </xsl:choose>
  <xsl:if test="$t/r:window"><details><summary>Runs of the package managers (<xsl:value-of select="$t/@windows"/>)</summary><p class="note">Joined where less than ten minutes lie between two entries of the logs. A time inside a run never accounts for the bytes of a file.</p>
   <table><thead><tr><th scope="col">Run</th><th scope="col">From (UTC)</th><th scope="col">To (UTC)</th><th scope="col" class="n">Packages</th><th scope="col">Command</th></tr></thead><tbody>
   <xsl:for-each select="$t/r:window"><tr><th scope="row">W-<xsl:value-of select="@number"/></th><td><xsl:call-template name="when"><xsl:with-param name="t" select="@from"/></xsl:call-template></td><td><xsl:call-template name="when"><xsl:with-param name="t" select="@to"/></xsl:call-template></td><td class="n"><xsl:value-of select="@packages"/></td><td><code><xsl:apply-templates select="r:by/node()"/></code></td></tr></xsl:for-each></tbody></table></details></xsl:if>
 </figure>
</xsl:template>
<!-- Lanes on one axis: the whole one, or that of the cluster. -->
<xsl:template name="lane-drawing">
 <xsl:variable name="bottom" select="44 + 36 * count(r:lane)"/>
 <svg xmlns="http://www.w3.org/2000/svg" class="fig" role="img" viewBox="0 0 980 {$bottom + 8}">
  <title>Time stamps of <xsl:value-of select="count(r:lane)"/> flagged files against the runs of the package managers<xsl:if test="self::r:zoom">, the cluster enlarged</xsl:if></title>
  <xsl:for-each select="r:tick"><line class="grid" x1="{@x}" x2="{@x}" y1="34" y2="{$bottom}"/><text x="{@x}" y="28" text-anchor="middle" class="s"><xsl:value-of select="@label"/></text></xsl:for-each>
  <xsl:if test="@interest-x"><rect class="interest" x="{@interest-x}" y="34" width="{@interest-width}" height="{$bottom - 34}"><title>time of interest</title></rect></xsl:if>
  <xsl:for-each select="r:window[@x]"><rect class="window" x="{@x}" y="34" width="{@width}" height="{$bottom - 34}"><title>W-<xsl:value-of select="@number"/>: <xsl:value-of select="@from"/> to <xsl:value-of select="@to"/>, <xsl:value-of select="@packages"/> packages</title></rect>
   <xsl:if test="position() &lt; 16"><text x="{@x + @width div 2}" y="12" text-anchor="middle" class="s">W-<xsl:value-of select="@number"/></text></xsl:if></xsl:for-each>
  <xsl:for-each select="r:zoom"><path class="zoom" d="M{@x - 9} 34 V{$bottom} M{@x + @width + 9} 34 V{$bottom}"/></xsl:for-each>
  <xsl:for-each select="r:lane">
   <xsl:variable name="y" select="62 + 36 * (position() - 1)"/><xsl:variable name="p" select="string(r:path)"/>
   <text x="0" y="{$y - 3}" class="b"><xsl:value-of select="@finding"/></text>
   <text x="0" y="{$y + 10}" class="mono"><xsl:choose><xsl:when test="string-length($p) &gt; 27">…<xsl:value-of select="substring($p, string-length($p) - 25)"/></xsl:when><xsl:otherwise><xsl:value-of select="$p"/></xsl:otherwise></xsl:choose></text>
   <line class="lane" x1="196" x2="966" y1="{$y}" y2="{$y}"/>
   <xsl:for-each select="r:mark[@kind!='later' and not(@kind='earlier' and ../parent::r:zoom)]">
    <xsl:choose>
     <xsl:when test="@kind='outside' or @kind='open'"><path class="m-{@kind}" d="M{@x} {$y - 7} l7 7 l-7 7 l-7 -7 z"/></xsl:when>
     <xsl:when test="@kind='inside'"><rect class="m-inside" x="{@x - 5}" y="{$y - 5}" width="10" height="10"/></xsl:when>
     <xsl:when test="@kind='accessed'"><circle class="m-accessed" cx="{@x}" cy="{$y}" r="5"/></xsl:when>
     <xsl:otherwise><path class="m-earlier" d="M{@x - 2} {$y} l9 -5 v10 z"/></xsl:otherwise>
    </xsl:choose>
    <xsl:choose>
     <xsl:when test="@kind='earlier'"><text x="{@x + 10}" y="{$y + 14}" class="mono halo"><xsl:value-of select="@macb"/><xsl:text> </xsl:text><xsl:value-of select="substring(@time, 1, 10)"/></text></xsl:when>
     <xsl:otherwise><text y="{$y - 9}" class="mono halo" text-anchor="middle"><xsl:attribute name="x"><xsl:choose><xsl:when test="@x &gt; 945">945</xsl:when><xsl:otherwise><xsl:value-of select="@x"/></xsl:otherwise></xsl:choose></xsl:attribute><xsl:value-of select="@macb"/><xsl:if test="ancestor::r:zoom"><xsl:text> </xsl:text><xsl:value-of select="substring(@time, 12, 8)"/></xsl:if></text></xsl:otherwise>
    </xsl:choose>
   </xsl:for-each></xsl:for-each>
 </svg>
</xsl:template>
<xsl:template name="heat">
 <xsl:variable name="classes" select="$report/r:counts/r:class[@verdict=$report/r:picture/r:bar/r:part/@verdict]"/>
 <xsl:if test="$report/r:picture/r:folders/r:folder">
 <figure><figcaption>Figure 3. Programs by folder and verdict, each counted once</figcaption><div class="scroll" tabindex="0" role="region" aria-label="Programs by folder and verdict"><table class="heat"><thead><tr><th scope="col">Folder</th><xsl:for-each select="$classes"><th scope="col"><xsl:call-template name="verdict-words"><xsl:with-param name="v" select="@verdict"/></xsl:call-template></th></xsl:for-each><th scope="col">All</th></tr></thead><tbody>
  <xsl:for-each select="$report/r:picture/r:folders/r:folder"><xsl:variable name="f" select="."/><tr><th scope="row"><xsl:choose><xsl:when test="@rest='true'">all other folders</xsl:when><xsl:otherwise><xsl:apply-templates select="r:path"/></xsl:otherwise></xsl:choose></th>
   <xsl:for-each select="$classes"><xsl:variable name="v" select="@verdict"/><xsl:variable name="c" select="$f/r:class[@verdict=$v]"/>
    <td><xsl:attribute name="class"><xsl:choose>
     <xsl:when test="not($c)">h0</xsl:when>
     <xsl:when test="$v='known_bad' or $v='changed_unexplained' or $v='changed_no_record' or $v='conflict' or $v='suspicious'">alarm</xsl:when>
     <xsl:when test="$c/@percent &gt; 80">h5</xsl:when><xsl:when test="$c/@percent &gt; 50">h4</xsl:when><xsl:when test="$c/@percent &gt; 25">h3</xsl:when><xsl:when test="$c/@percent &gt; 5">h2</xsl:when><xsl:otherwise>h1</xsl:otherwise></xsl:choose></xsl:attribute>
     <xsl:choose><xsl:when test="$c"><xsl:call-template name="number"><xsl:with-param name="n" select="$c/@files"/></xsl:call-template></xsl:when><xsl:otherwise>0</xsl:otherwise></xsl:choose></td></xsl:for-each>
   <td><xsl:call-template name="number"><xsl:with-param name="n" select="@files"/></xsl:call-template></td></tr></xsl:for-each></tbody></table></div>
  <p class="note">A program with several names is counted under the first. The darker, the larger the share of the folder. Outlined: classes that speak against a file.</p></figure></xsl:if>
</xsl:template>

<xsl:template name="findings">
 <xsl:variable name="f" select="$report/r:findings"/>
 <section id="findings" data-count="{$f/@count}"><h2>3. Findings</h2>
  <p><xsl:call-template name="number"><xsl:with-param name="n" select="$f/@count"/></xsl:call-template> findings: <xsl:value-of select="$f/@critical"/> critical, <xsl:value-of select="$f/@high"/> high, <xsl:value-of select="$f/@medium"/> medium, <xsl:value-of select="$f/@low"/> low, <xsl:value-of select="$f/@info"/> for information. A finding is a statement of what is recorded, with what could explain it; several may name one file. All are in <code>findings.jsonl</code>.<xsl:if test="$report/r:settings/@window-from"> Those whose file was modified, changed or born in the time of interest come first.</xsl:if></p>
  <xsl:if test="$shown"><table class="ft"><thead><tr><th scope="col">No.</th><th scope="col">Severity</th><th scope="col">Support</th><th scope="col">File or record</th><th scope="col">Statement</th></tr></thead><tbody>
   <xsl:for-each select="$shown[position() &lt;= $rows]"><xsl:sort select="@in-window" order="descending"/><tr><th scope="row" class="nw"><xsl:call-template name="reference"><xsl:with-param name="id" select="@id"/></xsl:call-template></th><td><xsl:call-template name="severity"/></td><td><xsl:call-template name="words"><xsl:with-param name="t" select="@support"/></xsl:call-template></td><td><xsl:apply-templates select="r:path"/><xsl:if test="r:file/r:stream"> stream <xsl:apply-templates select="r:file/r:stream"/></xsl:if><xsl:if test="@in-window"><xsl:text> </xsl:text><span class="flag">in the time of interest</span></xsl:if><xsl:if test="r:file[@state!='allocated']"><xsl:text> </xsl:text><span class="flag"><xsl:value-of select="r:file/@state"/></span></xsl:if></td><td><xsl:apply-templates select="r:text/node()" mode="short"/></td></tr></xsl:for-each></tbody></table></xsl:if>
  <xsl:if test="count($shown) &gt; $rows"><p class="note"><xsl:value-of select="$rows"/> of <xsl:call-template name="number"><xsl:with-param name="n" select="$f/@count"/></xsl:call-template> are shown; all are in <code>findings.jsonl</code>.</p></xsl:if>
  <xsl:if test="$f/@list-sha256"><p class="note">SHA-256 of <code>findings.jsonl</code>, the full list: <xsl:call-template name="hash"><xsl:with-param name="h" select="string($f/@list-sha256)"/></xsl:call-template></p></xsl:if>
  <xsl:if test="$f/r:group"><h3>Further findings, in groups</h3><table><thead><tr><th scope="col">Severity</th><th scope="col">What</th><th scope="col">Package</th><th scope="col" class="n">Findings</th></tr></thead><tbody>
   <xsl:for-each select="$f/r:group[position() &lt;= $rows]"><tr><td><xsl:call-template name="severity"/></td><th scope="row"><xsl:apply-templates select="r:title/node()"/></th><td><xsl:value-of select="@package"/></td><td class="n"><xsl:call-template name="number"><xsl:with-param name="n" select="@count"/></xsl:call-template></td></tr></xsl:for-each></tbody></table></xsl:if>
  <xsl:for-each select="$shown[@card='true']"><xsl:call-template name="card"/></xsl:for-each>
 </section>
</xsl:template>
<!-- An altered file beside its original: what that is, and what only one of both has; twelve of each kind, all in findings.jsonl. -->
<xsl:template name="difference">
 <table class="stamps"><thead><tr><th scope="col">Beside its original</th><th scope="col">In the altered file</th><th scope="col">In the original</th></tr></thead><tbody>
  <tr><th scope="row">Original</th><td colspan="2"><code><xsl:apply-templates select="r:original/node()"/></code><xsl:if test="r:member"><xsl:text> </xsl:text><code><xsl:apply-templates select="r:member/node()"/></code></xsl:if><xsl:if test="r:product != ''"> (<xsl:apply-templates select="r:product/node()"/>)</xsl:if><div class="q"><xsl:choose><xsl:when test="@origin='given'">given by the examiner</xsl:when><xsl:otherwise>kept on the host itself</xsl:otherwise></xsl:choose>; <xsl:choose><xsl:when test="@recorded='equal'">it has the recorded digest</xsl:when><xsl:when test="@recorded='differs'"><strong>its digest is not the recorded one: it is another build, or the record was changed</strong></xsl:when><xsl:otherwise>no digest is recorded that it could be held against</xsl:otherwise></xsl:choose></div></td></tr>
  <tr><th scope="row">Bytes</th><td><xsl:call-template name="number"><xsl:with-param name="n" select="@size"/></xsl:call-template></td><td><xsl:call-template name="number"><xsl:with-param name="n" select="@original-size"/></xsl:call-template></td></tr>
  <xsl:choose>
   <xsl:when test="@bytes=0 and @size=@original-size"><tr><th scope="row">Differ</th><td colspan="2">None: the file has the content of this original.</td></tr></xsl:when>
   <xsl:otherwise><tr><th scope="row">Differ</th><td colspan="2"><xsl:call-template name="number"><xsl:with-param name="n" select="@bytes"/></xsl:call-template> of those at the same place, the first at byte <xsl:call-template name="number"><xsl:with-param name="n" select="@first"/></xsl:call-template></td></tr></xsl:otherwise>
  </xsl:choose>
  <xsl:for-each select="r:item[@kind='section'][position() &lt;= 12]"><tr><th scope="row">Section <code><xsl:apply-templates select="r:name/node()"/></code></th><td><xsl:choose><xsl:when test="@side='original'">not there</xsl:when><xsl:otherwise><xsl:call-template name="number"><xsl:with-param name="n" select="@size"/></xsl:call-template> bytes at byte <xsl:call-template name="number"><xsl:with-param name="n" select="@offset"/></xsl:call-template></xsl:otherwise></xsl:choose></td><td><xsl:choose><xsl:when test="@side='altered'">not there</xsl:when><xsl:otherwise><xsl:call-template name="number"><xsl:with-param name="n" select="@original-size"/></xsl:call-template> bytes at byte <xsl:call-template name="number"><xsl:with-param name="n" select="@original-offset"/></xsl:call-template></xsl:otherwise></xsl:choose></td></tr></xsl:for-each>
  <xsl:if test="r:item[@kind='library']"><tr><th scope="row">Libraries, only in the altered file</th><td colspan="2"><xsl:for-each select="r:item[@kind='library'][position() &lt;= 12]"><div><code><xsl:apply-templates select="r:name/node()"/></code></div></xsl:for-each></td></tr></xsl:if>
  <xsl:if test="r:item[@kind='import']"><tr><th scope="row">Imports, only in the altered file</th><td colspan="2"><xsl:for-each select="r:item[@kind='import'][position() &lt;= 12]"><div><code><xsl:apply-templates select="r:name/node()"/></code></div></xsl:for-each></td></tr></xsl:if>
  <xsl:if test="r:item[@kind='string']"><tr><th scope="row">Strings, only in the altered file</th><td colspan="2"><xsl:for-each select="r:item[@kind='string'][position() &lt;= 12]"><div><code><xsl:apply-templates select="r:name/node()"/></code></div></xsl:for-each></td></tr></xsl:if>
  <xsl:if test="r:item[@kind='line']"><tr><th scope="row">Lines that only one has</th><td><xsl:for-each select="r:item[@kind='line'][@side='altered'][position() &lt;= 12]"><div><code><xsl:apply-templates select="r:name/node()"/></code></div></xsl:for-each></td><td><xsl:for-each select="r:item[@kind='line'][@side='original'][position() &lt;= 12]"><div><code><xsl:apply-templates select="r:name/node()"/></code></div></xsl:for-each></td></tr></xsl:if>
  <tr><th scope="row">All that differ</th><td colspan="2">sections <xsl:call-template name="number"><xsl:with-param name="n" select="@sections"/></xsl:call-template>, libraries <xsl:call-template name="number"><xsl:with-param name="n" select="@libraries"/></xsl:call-template>, imports <xsl:call-template name="number"><xsl:with-param name="n" select="@imports"/></xsl:call-template>, strings <xsl:call-template name="number"><xsl:with-param name="n" select="@strings"/></xsl:call-template>, lines <xsl:call-template name="number"><xsl:with-param name="n" select="@lines"/></xsl:call-template></td></tr>
 </tbody></table>
</xsl:template>
<xsl:template name="card">
 <article class="card {@severity}" id="{@id}"><h3><span class="fid"><xsl:value-of select="@id"/></span><xsl:text> </xsl:text><xsl:call-template name="severity"/><xsl:text> </xsl:text><span><xsl:apply-templates select="r:title/node()"/></span></h3>
  <xsl:if test="r:path"><p class="big path"><xsl:apply-templates select="r:path"/><xsl:if test="r:file/r:stream"> stream <xsl:apply-templates select="r:file/r:stream"/></xsl:if></p></xsl:if>
  <p><xsl:apply-templates select="r:text/node()"/></p>
  <table class="kv"><tbody>
   <tr><th scope="row">Support</th><td><xsl:call-template name="words"><xsl:with-param name="t" select="@support"/></xsl:call-template><xsl:text> </xsl:text><span class="q">(check <xsl:value-of select="@check"/>)</span></td></tr>
   <xsl:if test="r:path/@raw"><tr><th scope="row">Name, exact bytes</th><td><code class="hash"><xsl:value-of select="r:path/@raw"/></code></td></tr></xsl:if>
   <xsl:for-each select="r:file"><xsl:call-template name="card-file"/></xsl:for-each>
   <xsl:if test="r:seen"><tr><th scope="row">Seen in</th><td><xsl:for-each select="r:seen"><div><xsl:call-template name="seen"/></div></xsl:for-each></td></tr></xsl:if>
  </tbody></table>
  <xsl:if test="r:file/r:stamp"><table class="stamps"><thead><tr><th scope="col">Carries the stamp</th><th scope="col">UTC by the clock of the host</th><th scope="col">Resolution</th><th scope="col">Relation to the transactions of its package</th></tr></thead><tbody>
   <xsl:for-each select="r:file/r:stamp"><tr><th scope="row"><xsl:call-template name="words"><xsl:with-param name="t" select="@kind"/></xsl:call-template></th><td><xsl:call-template name="when"><xsl:with-param name="t" select="@time"/><xsl:with-param name="digits" select="true()"/></xsl:call-template><xsl:if test="@in-window"><xsl:text> </xsl:text><span class="flag">of interest</span></xsl:if></td><td><xsl:call-template name="resolution"/></td><td><xsl:choose>
     <xsl:when test="@relation='inside'">inside a transaction (accounts for the time, not for the bytes)</xsl:when>
     <xsl:when test="@relation='outside'"><strong>outside</strong> every transaction; the logs cover that time<xsl:if test="@before">; last one before: <xsl:call-template name="when"><xsl:with-param name="t" select="@before"/></xsl:call-template></xsl:if><xsl:if test="@after">; first one after: <xsl:call-template name="when"><xsl:with-param name="t" select="@after"/></xsl:call-template></xsl:if></xsl:when>
     <xsl:when test="@relation='not-covered'">no log covers that time</xsl:when>
     <xsl:when test="@relation='recorded'">within the installation that rpm's record tells of, of which no log knows</xsl:when>
     <xsl:when test="@relation='copied'">one mass stamp that no transaction covers: the tree was copied, it says nothing</xsl:when>
     <xsl:otherwise>-</xsl:otherwise></xsl:choose></td></tr></xsl:for-each></tbody></table></xsl:if>
  <xsl:if test="r:file/r:activity"><table class="stamps"><thead><tr><th scope="col">What logs say of it</th><th scope="col">Last</th><th scope="col">By, and where it stands</th></tr></thead><tbody>
   <xsl:for-each select="r:file/r:activity"><tr><th scope="row"><xsl:choose><xsl:when test="@kind='run'">was started</xsl:when><xsl:when test="@kind='loaded'">was loaded</xsl:when><xsl:when test="@kind='written'">was created, written or renamed to</xsl:when><xsl:when test="@kind='deleted'">was deleted</xsl:when><xsl:when test="@kind='connected'">connected</xsl:when><xsl:when test="@kind='named'">was named in a command that was typed</xsl:when><xsl:when test="@kind='listed'">was listed by a cache of the system</xsl:when><xsl:otherwise>another product reported</xsl:otherwise></xsl:choose><span class="q"> (<xsl:call-template name="number"><xsl:with-param name="n" select="@records"/></xsl:call-template> record<xsl:if test="@records != 1">s</xsl:if><xsl:if test="@first and @records != 1">, first <xsl:call-template name="when"><xsl:with-param name="t" select="@first"/></xsl:call-template></xsl:if>)</span></th><td><xsl:if test="@last"><xsl:call-template name="when"><xsl:with-param name="t" select="@last"/></xsl:call-template></xsl:if></td><td><xsl:if test="r:by"><xsl:if test="@kind='run'">parent </xsl:if><code><xsl:apply-templates select="r:by/node()"/></code><xsl:text> </xsl:text></xsl:if><xsl:if test="r:to">to <code><xsl:apply-templates select="r:to/node()"/></code><xsl:text> </xsl:text></xsl:if><xsl:if test="r:user">user <xsl:apply-templates select="r:user/node()"/><xsl:text> </xsl:text></xsl:if><xsl:if test="r:command"><div><xsl:if test="@kind='listed'">SHA-1 </xsl:if><code><xsl:apply-templates select="r:command/node()"/></code></div></xsl:if><span class="q"><xsl:for-each select="r:seen"><xsl:call-template name="seen"/></xsl:for-each></span></td></tr></xsl:for-each></tbody></table></xsl:if>
  <xsl:for-each select="r:file/r:difference"><xsl:call-template name="difference"/></xsl:for-each>
  <xsl:if test="r:innocent"><p class="alt"><strong>What could explain it.</strong><xsl:text> </xsl:text><xsl:apply-templates select="r:innocent/node()"/></p></xsl:if>
  <xsl:if test="r:repeat"><div class="repeat"><h4>The same without this tool</h4><p class="note">In the folder of the image.</p><xsl:if test="r:repeat[starts-with(., 'cat ')]"><p class="note"><code>cat</code> takes paths from the root of the volume, mounted read-only, or of the folder.</p></xsl:if><pre><code><xsl:for-each select="r:repeat"><xsl:if test="position() &gt; 1"><xsl:text>&#10;</xsl:text></xsl:if><xsl:apply-templates/></xsl:for-each></code></pre></div></xsl:if>
 </article>
</xsl:template>
<xsl:template name="resolution">
 <xsl:choose>
  <xsl:when test="@resolution-nanoseconds=1">1 ns</xsl:when>
  <xsl:when test="@resolution-nanoseconds &lt; 1000000"><xsl:value-of select="@resolution-nanoseconds"/> ns</xsl:when>
  <xsl:when test="@resolution-nanoseconds &lt; 1000000000"><xsl:value-of select="@resolution-nanoseconds div 1000000"/> ms</xsl:when>
  <xsl:when test="@resolution-nanoseconds=86400000000000">1 d</xsl:when>
  <xsl:otherwise><xsl:value-of select="@resolution-nanoseconds div 1000000000"/> s</xsl:otherwise>
 </xsl:choose>
</xsl:template>
<xsl:template name="card-file">
 <tr><th scope="row">Verdict of the file</th><td><strong><xsl:call-template name="verdict-words"><xsl:with-param name="v" select="@verdict"/></xsl:call-template></strong><xsl:if test="@trust"><span class="q"> (trust: <xsl:call-template name="words"><xsl:with-param name="t" select="@trust"/></xsl:call-template>)</span></xsl:if><xsl:if test="r:why"><br/><xsl:apply-templates select="r:why/node()"/></xsl:if></td></tr>
 <xsl:for-each select="r:digest"><tr><th scope="row"><xsl:call-template name="algorithm"/> of the file</th><td><xsl:call-template name="hash"><xsl:with-param name="h" select="string(.)"/></xsl:call-template><xsl:if test="../@digest-reliable='false'"><xsl:text> </xsl:text><span class="flag">unreliable: covers a damaged range</span></xsl:if></td></tr></xsl:for-each>
 <xsl:for-each select="r:expected"><xsl:variable name="a" select="@algorithm"/><tr><th scope="row"><xsl:call-template name="algorithm"/> recorded</th><td><xsl:call-template name="hash"><xsl:with-param name="h" select="@digest"/></xsl:call-template><xsl:text> </xsl:text><xsl:if test="../r:digest[@algorithm=$a] and string(../r:digest[@algorithm=$a])!=@digest"><span class="flag">differs</span></xsl:if><xsl:text> </xsl:text><span class="q"><xsl:for-each select="r:seen"><xsl:call-template name="seen"/></xsl:for-each></span></td></tr></xsl:for-each>
 <xsl:for-each select="r:match[position() &lt;= 20]"><tr><th scope="row">In set</th><td><xsl:value-of select="@set"/><xsl:if test="@release">, release <xsl:value-of select="@release"/></xsl:if><xsl:text> </xsl:text><span><xsl:attribute name="class">flag<xsl:if test="@class='bad'"> bad</xsl:if></xsl:attribute><xsl:value-of select="@class"/></span> by <xsl:call-template name="words"><xsl:with-param name="t" select="@by"/></xsl:call-template><xsl:if test="@grade">, grade <xsl:value-of select="@grade"/></xsl:if><xsl:if test="@row">, row <xsl:value-of select="@row"/></xsl:if><xsl:for-each select="r:name|r:product|r:actor|r:source"><span class="q"> · <xsl:value-of select="local-name()"/>: <xsl:apply-templates/></span></xsl:for-each></td></tr></xsl:for-each>
 <tr><th scope="row">Package</th><td><xsl:choose><xsl:when test="r:package"><xsl:value-of select="r:package/@name"/><xsl:text> </xsl:text><xsl:value-of select="r:package/@version"/> (<xsl:value-of select="r:package/@manager"/><xsl:if test="r:package/@state">, <xsl:value-of select="r:package/@state"/></xsl:if>)</xsl:when><xsl:otherwise>none has this path</xsl:otherwise></xsl:choose><xsl:if test="@package-state"><span class="q"> · <xsl:call-template name="words"><xsl:with-param name="t" select="@package-state"/></xsl:call-template></span></xsl:if></td></tr>
 <tr><th scope="row">Location</th><td><xsl:value-of select="../@evidence"/>, volume <xsl:value-of select="../@volume"/><xsl:if test="../@inode">, inode <xsl:value-of select="../@inode"/></xsl:if>, <xsl:value-of select="@state"/>, content <xsl:call-template name="words"><xsl:with-param name="t" select="@content-state"/></xsl:call-template>; <xsl:value-of select="@type"/>, <xsl:call-template name="number"><xsl:with-param name="n" select="@size"/></xsl:call-template> bytes<xsl:if test="@mode">, mode <xsl:value-of select="@mode"/></xsl:if><xsl:if test="@uid">, uid <xsl:value-of select="@uid"/>, gid <xsl:value-of select="@gid"/></xsl:if><xsl:if test="@capabilities">, <code><xsl:value-of select="@capabilities"/></code></xsl:if><xsl:if test="string(r:volume-path)!=string(../r:path)">; on its volume <xsl:apply-templates select="r:volume-path"/></xsl:if><xsl:if test="r:stream">; stream <xsl:apply-templates select="r:stream"/></xsl:if><xsl:if test="@read-twice='true'">; read a second time by another path, with the same result</xsl:if></td></tr>
 <xsl:for-each select="r:byte-runs"><xsl:call-template name="byte-runs"/></xsl:for-each>
</xsl:template>
<!-- Where the content lies: what one needs to cut it out of the image. -->
<xsl:template name="byte-runs">
 <tr><th scope="row">Byte runs</th><td><xsl:for-each select="r:run[position() &lt;= 12]"><div><xsl:choose>
   <xsl:when test="@offset"><xsl:call-template name="number"><xsl:with-param name="n" select="@length"/></xsl:call-template> bytes at byte <xsl:call-template name="number"><xsl:with-param name="n" select="@offset"/></xsl:call-template> of the <xsl:choose><xsl:when test="../@of='medium'">medium</xsl:when><xsl:otherwise>volume</xsl:otherwise></xsl:choose></xsl:when>
   <xsl:otherwise>a hole of <xsl:call-template name="number"><xsl:with-param name="n" select="@length"/></xsl:call-template> bytes</xsl:otherwise></xsl:choose><xsl:if test="@file-offset &gt; 0 or count(../r:run) &gt; 1"><span class="q"> (from byte <xsl:call-template name="number"><xsl:with-param name="n" select="@file-offset"/></xsl:call-template> of the file)</span></xsl:if></div></xsl:for-each>
   <xsl:if test="count(r:run) &gt; 12 or @cut='true'"><div class="q">further runs are in <code>report.xml</code><xsl:if test="@cut='true'">, and there are more than it holds (limit file-runs)</xsl:if></div></xsl:if></td></tr>
</xsl:template>
<xsl:template name="algorithm"><xsl:choose><xsl:when test="@algorithm='md5'">MD5</xsl:when><xsl:when test="@algorithm='sha1'">SHA-1</xsl:when><xsl:otherwise>SHA-<xsl:value-of select="substring(@algorithm, 4)"/></xsl:otherwise></xsl:choose></xsl:template>

<xsl:template name="actions">
 <xsl:variable name="files" select="$shown[(@severity='critical' or @severity='high') and r:path]"/>
 <section id="actions"><h2>4. Recommended actions</h2><p class="note">From the playbook, with the findings they concern<xsl:if test="not($files)">; no finding of high severity names a file, so they apply only if other sources give cause</xsl:if>.</p>
  <div class="two"><div><h3>Tier-2 analysis</h3><ol>
   <li>Analyse the affected files with their metadata and processes.</li>
   <li>Ask other systems of the network for the same digests and paths (question 3; <code>bad.sha256</code> and <code>files.jsonl</code> have them).</li>
   <li>Use reverse engineering to understand code that no record accounts for.</li>
   <xsl:if test="$decision/r:criterion[3][@answer='not examined' or @answer='not determinable']"><li>Obtain network, EDR and file-integrity records of the time of change (criterion 3).</li></xsl:if>
   <xsl:if test="$report/r:locks/r:lock"><li>Ask who set the package locks, and why (<xsl:value-of select="$report/r:locks/@count"/>, section 7).</li></xsl:if>
  </ol></div><div><h3>Containment</h3><ol>
   <li>Quarantine the affected binaries and replace them with clean versions from a source that was verified<xsl:call-template name="packages"><xsl:with-param name="f" select="$files"/></xsl:call-template></li>
   <li>Isolate the system, to prevent lateral movement; take memory first if it still runs.</li>
   <li>Investigate how the change came about (exploit, credentials), and apply compensating controls such as monitoring or patching.</li>
   <li>Treat credentials as exposed that were used with the affected programs since the time of change.</li>
  </ol></div></div>
  <xsl:if test="$files"><table class="acts"><caption>For each finding of high severity</caption><thead><tr><th scope="col">Finding</th><th scope="col">File</th><th scope="col">Tier-2 analysis</th><th scope="col">Containment</th></tr></thead><tbody>
   <xsl:for-each select="$files[position() &lt;= $rows]"><tr><th scope="row"><xsl:call-template name="reference"><xsl:with-param name="id" select="@id"/></xsl:call-template></th><td><xsl:apply-templates select="r:path"/></td><xsl:call-template name="act"/></tr></xsl:for-each></tbody></table>
   <xsl:if test="count($files) &gt; $rows"><p class="note">The first <xsl:value-of select="$rows"/> are listed.</p></xsl:if></xsl:if></section>
</xsl:template>
<!-- What the playbook recommends for a file like this one. -->
<xsl:template name="act">
 <xsl:choose>
  <xsl:when test="contains(@check, 'lock')"><td>Ask who set the lock and when; ask other hosts for the same lock.</td><td>Lift the lock when the programs are clean, then update the package.</td></xsl:when>
  <xsl:when test="r:file[@verdict='known_bad']"><td>Compare with what its publisher says of it; ask other hosts for the digest; look for what starts it.</td><td>Quarantine the file; isolate the system.</td></xsl:when>
  <xsl:when test="r:file[@verdict='changed_unexplained' or @verdict='changed_no_record' or @verdict='conflict']"><td>Compare with the file of the package<xsl:for-each select="r:file/r:package"> (<xsl:value-of select="@name"/><xsl:text> </xsl:text><xsl:value-of select="@version"/>)</xsl:for-each>; understand the difference by reverse engineering.</td><td>Quarantine the file; install the package anew from a source that was verified.</td></xsl:when>
  <xsl:when test="not(r:file)"><td>Read the records around this one; find out who acted, and what it names.</td><td>None by itself: what the analysis shows decides.</td></xsl:when>
  <xsl:otherwise><td>Analyse the file with its metadata and processes; find out where it came from.</td><td>Quarantine the file until its origin is known.</td></xsl:otherwise>
 </xsl:choose>
</xsl:template>
<xsl:template name="packages"><xsl:param name="f"/><xsl:variable name="p" select="$f/r:file/r:package[generate-id()=generate-id(key('package', @name)[1])]"/><xsl:if test="$p">: packages <xsl:for-each select="$p[position() &lt;= 12]"><xsl:if test="position() &gt; 1">, </xsl:if><xsl:value-of select="@name"/></xsl:for-each></xsl:if>.</xsl:template>

<xsl:template name="evidence">
 <section id="evidence"><h2>5. Evidence and integrity</h2>
  <xsl:for-each select="$report/r:evidence/r:exhibit">
   <h3><xsl:value-of select="@id"/><xsl:if test="@number"> (<xsl:value-of select="@number"/>)</xsl:if>: <xsl:apply-templates select="r:name/node()"/></h3>
   <p><xsl:value-of select="@kind"/><xsl:if test="@container">, container <xsl:value-of select="@container"/></xsl:if><xsl:if test="@size &gt; 0">, <xsl:call-template name="number"><xsl:with-param name="n" select="@size"/></xsl:call-template> bytes in sectors of <xsl:value-of select="@sector-size"/></xsl:if>.</p>
   <xsl:if test="r:acquisition"><table class="kv"><caption>As recorded by the acquisition; not verified</caption><tbody><xsl:for-each select="r:acquisition"><tr><th scope="row"><xsl:call-template name="words"><xsl:with-param name="t" select="@name"/></xsl:call-template></th><td><xsl:apply-templates/></td></tr></xsl:for-each></tbody></table></xsl:if>
   <xsl:for-each select="r:verification[../@kind='image']"><table><caption>Digests of the medium (<xsl:call-template name="number"><xsl:with-param name="n" select="@bytes"/></xsl:call-template> bytes read; result: <xsl:call-template name="words"><xsl:with-param name="t" select="@result"/></xsl:call-template>)</caption><thead><tr><th scope="col">Digest</th><th scope="col">Stored in the image</th><th scope="col">Computed</th><th scope="col">Comparison</th></tr></thead><tbody>
    <xsl:for-each select="r:computed|r:stored[not(@algorithm=../r:computed/@algorithm)]"><xsl:variable name="a" select="@algorithm"/><xsl:variable name="s" select="../r:stored[@algorithm=$a]"/><xsl:variable name="c" select="../r:computed[@algorithm=$a]"/>
     <tr><th scope="row"><xsl:call-template name="algorithm"/></th><td><xsl:choose><xsl:when test="$s"><xsl:call-template name="hash"><xsl:with-param name="h" select="string($s)"/></xsl:call-template></xsl:when><xsl:otherwise>not stored</xsl:otherwise></xsl:choose></td><td><xsl:choose><xsl:when test="$c"><xsl:call-template name="hash"><xsl:with-param name="h" select="string($c)"/></xsl:call-template></xsl:when><xsl:otherwise>not computed</xsl:otherwise></xsl:choose></td><td><xsl:choose><xsl:when test="$s and $c and string($s)=string($c)"><span class="ok">✓ equal</span></xsl:when><xsl:when test="$s and $c"><span class="bad">✗ differs</span></xsl:when><xsl:otherwise>nothing to compare</xsl:otherwise></xsl:choose></td></tr></xsl:for-each></tbody></table>
    <p><xsl:call-template name="verification-sentence"/></p>
    <xsl:if test="r:recorded"><table><caption>Digests of the medium that stand beside the image; recorded, not verified</caption><thead><tr><th scope="col">Digest</th><th scope="col">Value</th><th scope="col">File and line</th><th scope="col">Written by</th><th scope="col">Comparison</th></tr></thead><tbody>
     <xsl:for-each select="r:recorded"><tr><th scope="row"><xsl:call-template name="algorithm"/></th><td><xsl:call-template name="hash"><xsl:with-param name="h" select="string(@digest)"/></xsl:call-template></td><td><code><xsl:apply-templates select="r:name/node()"/></code>:<xsl:value-of select="@line"/></td><td><xsl:value-of select="@tool"/></td><td><xsl:choose><xsl:when test="@result='equal'"><span class="ok">✓ equal</span></xsl:when><xsl:when test="@result='differs'"><span class="bad">✗ differs</span></xsl:when><xsl:otherwise>not compared</xsl:otherwise></xsl:choose></td></tr></xsl:for-each></tbody></table></xsl:if></xsl:for-each>
   <xsl:if test="not(r:verification) and @kind='image'"><p>The medium was not compared with a digest.</p></xsl:if>
   <xsl:if test="@kind!='image'"><p>What was given is no medium, and has no digest to compare; those of its files are in <code>files.jsonl</code>.</p></xsl:if>
   <xsl:if test="r:range"><table><caption>Ranges that could not be read as they were (<xsl:value-of select="@damaged-ranges"/>)</caption><thead><tr><th scope="col" class="n">First byte</th><th scope="col" class="n">Bytes</th></tr></thead><tbody><xsl:for-each select="r:range"><tr><td class="n"><xsl:call-template name="number"><xsl:with-param name="n" select="@offset"/></xsl:call-template></td><td class="n"><xsl:call-template name="number"><xsl:with-param name="n" select="@length"/></xsl:call-template></td></tr></xsl:for-each></tbody></table></xsl:if>
   <xsl:if test="r:segment"><table><caption>Files of the exhibit</caption><thead><tr><th scope="col">File</th><th scope="col" class="n">Bytes</th></tr></thead><tbody><xsl:for-each select="r:segment"><tr><th scope="row"><code><xsl:apply-templates select="r:name/node()"/></code><xsl:if test="@missing='true'"><xsl:text> </xsl:text><span class="bad">✗ missing</span></xsl:if></th><td class="n"><xsl:call-template name="number"><xsl:with-param name="n" select="@size"/></xsl:call-template></td></tr></xsl:for-each></tbody></table></xsl:if>
  </xsl:for-each>
  <xsl:if test="$report/r:evidence/r:volume"><div class="scroll" tabindex="0" role="region" aria-label="Volumes"><table><caption>Volumes</caption><thead><tr><th scope="col">Volume</th><th scope="col">File system</th><th scope="col" class="n">First byte</th><th scope="col" class="n">Bytes</th><th scope="col" class="n">Names walked</th><th scope="col" class="n">Names of programs</th><th scope="col" class="n">Left out</th><th scope="col">Walked whole</th></tr></thead><tbody>
   <xsl:for-each select="$report/r:evidence/r:volume"><tr><th scope="row"><xsl:value-of select="@evidence"/><xsl:text> </xsl:text><xsl:value-of select="@name"/></th><td><xsl:choose><xsl:when test="@filesystem"><xsl:value-of select="@filesystem"/></xsl:when><xsl:when test="@member-of">part of others (<xsl:value-of select="@member-of"/>)</xsl:when><xsl:when test="@recognised"><xsl:value-of select="@recognised"/>: not read</xsl:when><xsl:otherwise>none recognised</xsl:otherwise></xsl:choose></td><td class="n"><xsl:call-template name="number"><xsl:with-param name="n" select="@start"/></xsl:call-template></td><td class="n"><xsl:call-template name="number"><xsl:with-param name="n" select="@length"/></xsl:call-template></td>
    <xsl:choose><xsl:when test="@whole"><td class="n"><xsl:call-template name="number"><xsl:with-param name="n" select="@entries"/></xsl:call-template></td><td class="n"><xsl:call-template name="number"><xsl:with-param name="n" select="@programs"/></xsl:call-template></td><td class="n"><xsl:call-template name="number"><xsl:with-param name="n" select="@left-out"/></xsl:call-template></td><td><xsl:choose><xsl:when test="@whole='true'"><span class="ok">✓ yes</span></xsl:when><xsl:otherwise><span class="bad">✗ no</span></xsl:otherwise></xsl:choose></td></xsl:when><xsl:otherwise><td class="n">-</td><td class="n">-</td><td class="n">-</td><td>-</td></xsl:otherwise></xsl:choose></tr></xsl:for-each></tbody></table></div></xsl:if>
  <xsl:call-template name="clocks"/>
  <xsl:if test="$report/r:case/r:custody"><h3>Chain of custody</h3><p class="note">Entered by the examiner; the tool does not verify these lines.</p><ol><xsl:for-each select="$report/r:case/r:custody"><li><xsl:apply-templates/></li></xsl:for-each></ol></xsl:if>
  <xsl:if test="$report/r:case/r:request|$report/r:case/r:notes"><table class="kv"><tbody><xsl:if test="$report/r:case/r:request"><tr><th scope="row">Requested</th><td><xsl:apply-templates select="$report/r:case/r:request/node()"/></td></tr></xsl:if><xsl:if test="$report/r:case/r:notes"><tr><th scope="row">Notes of the examiner</th><td><xsl:apply-templates select="$report/r:case/r:notes/node()"/></td></tr></xsl:if></tbody></table></xsl:if>
 </section>
</xsl:template>

<xsl:template name="clocks">
 <h3>Clocks of the systems</h3>
 <p class="note">Every stamp is one of the host's clock. How far it was off can be told by lines of time services only; boots, and logs whose records do not stand in the order of their times, are further witnesses.</p>
 <xsl:if test="not($report/r:clocks/r:clock)"><p>No log with times was read: the offset of the clock is <strong>not determinable</strong>.</p></xsl:if>
 <xsl:for-each select="$report/r:clocks/r:clock">
  <p><strong>System <xsl:value-of select="@system"/></strong><xsl:text>: </xsl:text><xsl:choose>
   <xsl:when test="@offset-lines &gt; 0">time services tell of offsets from <xsl:value-of select="@least-offset"/> s to <xsl:value-of select="@greatest-offset"/> s, in <xsl:value-of select="@offset-lines"/> lines between <xsl:call-template name="when"><xsl:with-param name="t" select="@service-first"/></xsl:call-template> and <xsl:call-template name="when"><xsl:with-param name="t" select="@service-last"/></xsl:call-template>; between them the offset is not determinable.</xsl:when>
   <xsl:when test="@service-lines &gt; 0">a time service was at work (<xsl:value-of select="@service-lines"/> lines, from <xsl:call-template name="when"><xsl:with-param name="t" select="@service-first"/></xsl:call-template> to <xsl:call-template name="when"><xsl:with-param name="t" select="@service-last"/></xsl:call-template>) and told no offset: the offset of the clock is <strong>not determinable</strong>.</xsl:when>
   <xsl:otherwise>no line of a time service was found: the offset of the clock is <strong>not determinable</strong>.</xsl:otherwise></xsl:choose>
   <xsl:text> </xsl:text><xsl:choose><xsl:when test="@boots &gt; 0">Boots by their identifier: <xsl:value-of select="@boots"/>.</xsl:when><xsl:otherwise>No log names boots by an identifier.</xsl:otherwise></xsl:choose>
   <xsl:text> </xsl:text><xsl:choose><xsl:when test="@logs-out-of-order &gt; 0">Logs whose records do not stand in the order of their times: <xsl:value-of select="@logs-out-of-order"/> of <xsl:value-of select="@logs"/>.</xsl:when><xsl:when test="@logs &gt; 0">The records of each of <xsl:value-of select="@logs"/> logs stand in the order of their times.</xsl:when></xsl:choose></p>
  <xsl:for-each select="r:line"><div><xsl:for-each select="r:seen"><xsl:call-template name="seen"/></xsl:for-each></div></xsl:for-each>
  <xsl:if test="r:boot"><details><summary>Boots</summary><table><thead><tr><th scope="col">Identifier</th><th scope="col">First record (UTC)</th><th scope="col">Last record (UTC)</th></tr></thead><tbody><xsl:for-each select="r:boot"><tr><th scope="row"><code class="hash"><xsl:value-of select="@id"/></code></th><td><xsl:call-template name="when"><xsl:with-param name="t" select="@first"/></xsl:call-template></td><td><xsl:call-template name="when"><xsl:with-param name="t" select="@last"/></xsl:call-template></td></tr></xsl:for-each></tbody></table></details></xsl:if>
  <xsl:if test="r:out-of-order"><details><summary>Logs out of order</summary><p class="note">A clock that was set back, the end of summer time in a log without zone, several writers, or lines that were added later.</p><table><thead><tr><th scope="col">Log</th><th scope="col" class="n">Records</th><th scope="col" class="n">Out of order</th><th scope="col" class="n">First at line</th></tr></thead><tbody><xsl:for-each select="r:out-of-order"><tr><th scope="row"><xsl:apply-templates select="r:path"/></th><td class="n"><xsl:call-template name="number"><xsl:with-param name="n" select="@records"/></xsl:call-template></td><td class="n"><xsl:call-template name="number"><xsl:with-param name="n" select="@out-of-order"/></xsl:call-template></td><td class="n"><xsl:value-of select="@line"/></td></tr></xsl:for-each></tbody></table></details></xsl:if>
 </xsl:for-each>
</xsl:template>

<!-- Two comparisons: with the container, and with what was recorded apart from it. -->
<xsl:template name="verification-sentence">
 <xsl:variable name="computed" select="r:computed[@algorithm=$acquired-algorithm]"/>
 <xsl:text>What was read of the medium </xsl:text><xsl:choose>
  <xsl:when test="@result='equal'">equals the value stored in the image</xsl:when>
  <xsl:when test="@result='differs'"><strong>differs from the value stored in the image</strong></xsl:when>
  <xsl:when test="@result='nothing_stored'">was compared with nothing in the image, which stores no value</xsl:when>
  <xsl:when test="@result='interrupted'"><strong>was not compared: its digest was not computed to the end, the run was interrupted</strong></xsl:when>
  <xsl:when test="@result='unreadable'"><strong>could not be compared: it was not read to its end</strong></xsl:when>
  <xsl:otherwise>was not compared with a value stored in the image</xsl:otherwise></xsl:choose><xsl:text>; it </xsl:text><xsl:choose>
  <xsl:when test="$computed and string($computed)=$acquired">equals a value recorded elsewhere, as the examiner gave it</xsl:when>
  <xsl:when test="$computed and not($report/r:evidence/r:exhibit/r:verification/r:computed[@algorithm=$acquired-algorithm and string()=$acquired])"><strong>differs from the value recorded elsewhere</strong>, as the examiner gave it</xsl:when>
  <xsl:when test="r:recorded[@result='differs']"><strong>differs from a value recorded elsewhere</strong>, beside the image</xsl:when>
  <xsl:when test="r:recorded[@result='equal']">equals a value recorded elsewhere, beside the image</xsl:when>
  <xsl:otherwise>was not compared with a value recorded elsewhere</xsl:otherwise></xsl:choose><xsl:if test="$acquired"> (<code class="hash"><xsl:value-of select="$report/r:settings/@acquired-digest"/></code>)</xsl:if>.
</xsl:template>

<xsl:template name="method">
 <section id="method"><h2>6. Method and provenance</h2>
  <p>Every file system of the evidence was walked read-only. Programs were chosen by their content (ELF, PE, Mach-O, scripts with an interpreter), with kernel modules, interpreted code where a package owns it or where programs lie, files that a package database has a digest for, and files whose name stands in a bad set<xsl:if test="$report/r:settings/@all-files='true'">; all other regular files were digested too</xsl:if>. Their digests (<xsl:value-of select="$report/r:settings/@digests"/>) were compared with the package databases found in the evidence and with the sets below; their times were held against the logs of the package managers. Every file with an accusing verdict was read a second time by an independent path. Content and time are two questions: a time inside a transaction never accounts for bytes.</p>
  <p><xsl:choose><xsl:when test="$report/r:settings/@sandboxed='true'">Evidence was parsed in isolated processes.</xsl:when><xsl:otherwise><strong>Evidence was parsed with less isolation than usual.</strong></xsl:otherwise></xsl:choose><xsl:if test="$report/r:settings/@media-verified='false'"> The medium was not verified, as asked for.</xsl:if><xsl:if test="$report/r:settings/r:limit"> Limits changed: <xsl:for-each select="$report/r:settings/r:limit"><xsl:if test="position() &gt; 1">, </xsl:if><code><xsl:apply-templates/></code></xsl:for-each>.</xsl:if><xsl:if test="$report/r:settings/@window-from"> Time of interest: <xsl:value-of select="$report/r:settings/@window-from"/> to <xsl:value-of select="$report/r:settings/@window-to"/>; shown, never filtered away.</xsl:if></p>
  <div class="scroll" tabindex="0" role="region" aria-label="Hash sets"><table><caption>Hash sets</caption><thead><tr><th scope="col">Set</th><th scope="col">Says</th><th scope="col">Release</th><th scope="col" class="n">Rows</th><th scope="col" class="n">Rejected</th><th scope="col" class="n">Contradictory</th><th scope="col">Keys</th><th scope="col" class="n">Names comparable</th><th scope="col" class="n">Names found</th><th scope="col">SHA-256 of the set</th></tr></thead><tbody>
   <xsl:for-each select="$report/r:sets/r:set"><tr><th scope="row"><xsl:value-of select="@name"/><xsl:if test="@shipped='true'"><xsl:text> </xsl:text><span class="q">(shipped)</span></xsl:if></th><td><xsl:value-of select="@kind"/></td><td><xsl:value-of select="@release"/></td><td class="n"><xsl:call-template name="number"><xsl:with-param name="n" select="@rows"/></xsl:call-template></td><td class="n"><xsl:call-template name="number"><xsl:with-param name="n" select="@rejected"/></xsl:call-template></td><td class="n"><xsl:choose><xsl:when test="@contradictions"><xsl:call-template name="number"><xsl:with-param name="n" select="@contradictions"/></xsl:call-template></xsl:when><xsl:otherwise>not counted</xsl:otherwise></xsl:choose></td><td><xsl:for-each select="r:keys"><xsl:if test="position() &gt; 1">, </xsl:if><xsl:value-of select="@algorithm"/><xsl:text> </xsl:text><xsl:call-template name="number"><xsl:with-param name="n" select="@count"/></xsl:call-template></xsl:for-each></td><td class="n"><xsl:call-template name="number"><xsl:with-param name="n" select="@names-comparable"/></xsl:call-template> of <xsl:call-template name="number"><xsl:with-param name="n" select="@names-asked"/></xsl:call-template></td><td class="n"><xsl:call-template name="number"><xsl:with-param name="n" select="@names-found"/></xsl:call-template></td><td><xsl:choose><xsl:when test="r:digest[@algorithm='sha256']"><xsl:call-template name="hash"><xsl:with-param name="h" select="string(r:digest[@algorithm='sha256'])"/></xsl:call-template></xsl:when><xsl:otherwise><xsl:apply-templates select="r:digest-unread/node()"/></xsl:otherwise></xsl:choose></td></tr></xsl:for-each>
   <xsl:if test="not($report/r:sets/r:set)"><tr><td colspan="10">No hash set was used.</td></tr></xsl:if></tbody></table></div>
  <xsl:if test="$report/r:sets/r:set[@contradictions &gt; 0]"><p class="note">Contradictory: digests of a compiled set whose rows differ in another digest, as one SHA-256 with two MD5. One of the rows is wrong; matches of either are shown.</p></xsl:if>
  <xsl:if test="$report/r:sets/r:set/r:rejected-row"><h3>Rows of sets that were not usable</h3><ul><xsl:for-each select="$report/r:sets/r:set/r:rejected-row"><li><xsl:value-of select="../@name"/>, line <xsl:value-of select="@line"/>: <xsl:value-of select="@why"/><xsl:if test="r:row">: <code><xsl:apply-templates select="r:row/node()"/></code></xsl:if></li></xsl:for-each></ul></xsl:if>
  <xsl:if test="$report/r:settings/r:rules"><div class="scroll" tabindex="0" role="region" aria-label="Detection rules"><table><caption>Detection rules</caption><thead><tr><th scope="col">Rules</th><th scope="col">Language</th><th scope="col" class="n">Files</th><th scope="col" class="n">Rules used</th><th scope="col" class="n">Rejected</th><th scope="col">SHA-256 of the list of their digests</th></tr></thead><tbody>
   <xsl:for-each select="$report/r:settings/r:rules"><tr><th scope="row"><bdi dir="ltr"><xsl:apply-templates select="r:name/node()"/></bdi><xsl:if test="@shipped='true'"><xsl:text> </xsl:text><span class="q">(shipped)</span></xsl:if></th><td><xsl:value-of select="@language"/></td><td class="n"><xsl:call-template name="number"><xsl:with-param name="n" select="@files"/></xsl:call-template></td><td class="n"><xsl:call-template name="number"><xsl:with-param name="n" select="@rules"/></xsl:call-template></td><td class="n"><xsl:call-template name="number"><xsl:with-param name="n" select="@refused"/></xsl:call-template></td><td><xsl:call-template name="hash"><xsl:with-param name="h" select="string(r:digest)"/></xsl:call-template></td></tr></xsl:for-each></tbody></table></div>
   <p class="note">The list is what <code>sha256sum</code> prints of the files, sorted by name.</p></xsl:if>
  <xsl:if test="$report/r:settings/r:trusted-keys"><h3>Trusted keys</h3><p class="note">Signatures in the evidence were held against these keys of the examiner, and against no key of the evidence.</p><ul><xsl:for-each select="$report/r:settings/r:trusted-keys"><li><xsl:apply-templates/></li></xsl:for-each></ul></xsl:if>
  <xsl:if test="$report/r:settings/r:given"><h3>Records given beside the image</h3><p class="note">These files came from the examiner and not from the image; what they record is told as theirs.</p><ul><xsl:for-each select="$report/r:settings/r:given"><li><xsl:apply-templates/></li></xsl:for-each></ul></xsl:if>
  <xsl:if test="$report/r:settings/r:explained"><h3>Statements of the examiner</h3><p class="note">Changes the examiner vouches for; shown as given, never merged with the verdicts of the tool.</p><ol><xsl:for-each select="$report/r:settings/r:explained"><li><xsl:apply-templates/></li></xsl:for-each></ol></xsl:if>
  <xsl:call-template name="run"/>
 </section>
</xsl:template>
<!-- The one part of the page that differs between two runs over the same evidence. -->
<xsl:template name="run">
 <section class="run" id="run"><h3>This run</h3><p class="note">Only this part of the page belongs to the run; everything else is the same for the same evidence, sets, rules and version.</p>
  <xsl:choose><xsl:when test="not($run)"><p>run.xml is not beside the report.</p></xsl:when><xsl:otherwise>
  <table class="kv"><tbody>
   <tr><th scope="row">Program</th><td><xsl:value-of select="$run/n:program/@name"/><xsl:text> </xsl:text><xsl:value-of select="$run/n:program/@version"/>, compiler <xsl:value-of select="$run/n:program/@compiler"/><xsl:for-each select="$run/n:program/n:library">; <xsl:value-of select="@name"/><xsl:text> </xsl:text><xsl:value-of select="."/></xsl:for-each></td></tr>
   <xsl:for-each select="$run/n:program/n:path"><tr><th scope="row">Executable</th><td><xsl:apply-templates select="."/><xsl:for-each select="../n:digest"><br/><xsl:call-template name="algorithm"/><xsl:text> </xsl:text><xsl:call-template name="hash"><xsl:with-param name="h" select="string(.)"/></xsl:call-template></xsl:for-each></td></tr></xsl:for-each>
   <tr><th scope="row">Command line</th><td><xsl:for-each select="$run/n:program/n:argument"><code><xsl:apply-templates/></code><xsl:text> </xsl:text></xsl:for-each></td></tr>
   <tr><th scope="row">Began, ended (UTC, clock of the workstation)</th><td><xsl:value-of select="$run/@began"/> to <xsl:value-of select="$run/@ended"/><xsl:if test="$run/@seconds"> (<xsl:value-of select="$run/@seconds"/> s)</xsl:if>; <xsl:call-template name="number"><xsl:with-param name="n" select="$run/@bytes-read"/></xsl:call-template> bytes read; <xsl:value-of select="$run/@jobs"/> reading processes</td></tr>
   <tr><th scope="row">Workstation</th><td><xsl:apply-templates select="$run/n:host/node()"/>, <xsl:apply-templates select="$run/n:kernel/node()"/><xsl:text> </xsl:text><xsl:apply-templates select="$run/n:architecture/node()"/>, user <xsl:apply-templates select="$run/n:user/node()"/></td></tr>
   <xsl:if test="$run/n:isolation"><tr><th scope="row">Isolation</th><td><xsl:apply-templates select="$run/n:isolation/node()"/></td></tr></xsl:if>
   <xsl:for-each select="$run/n:evidence/n:segment"><tr><th scope="row">Evidence file</th><td><xsl:apply-templates select="n:path"/>, <xsl:call-template name="number"><xsl:with-param name="n" select="@size"/></xsl:call-template> bytes: <xsl:choose><xsl:when test="@unchanged='true'"><span class="ok">✓ same before and after</span></xsl:when><xsl:otherwise><span class="bad">✗ not the same after the run</span></xsl:otherwise></xsl:choose></td></tr></xsl:for-each>
   <xsl:for-each select="$run/n:evidence/n:set"><tr><th scope="row">Set read from</th><td><xsl:apply-templates select="."/></td></tr></xsl:for-each>
  </tbody></table></xsl:otherwise></xsl:choose></section>
</xsl:template>

<!-- Where to look next: other exhibits of the case, and hosts that logged in. -->
<xsl:template name="hosts">
 <xsl:for-each select="$report/r:comparison"><h3>Exhibits compared</h3>
  <p>Programs that the same version of a package brought, and that differ between exhibits: <xsl:value-of select="@differing"/>. Programs of no package that lie on several exhibits with the same content: <xsl:value-of select="@shared"/>. Neither accuses by itself.</p>
  <xsl:for-each select="r:differing|r:shared"><table><caption><xsl:choose><xsl:when test="@package"><xsl:value-of select="@package"/><xsl:text> </xsl:text><xsl:value-of select="@version"/></xsl:when><xsl:otherwise>Of no package</xsl:otherwise></xsl:choose></caption><thead><tr><th scope="col">Exhibit</th><th scope="col">Path</th><th scope="col">SHA-256</th></tr></thead><tbody>
   <xsl:for-each select="r:of"><tr><th scope="row"><xsl:value-of select="@evidence"/></th><td><xsl:apply-templates select="r:path"/></td><td><xsl:call-template name="hash"><xsl:with-param name="h" select="r:digest"/></xsl:call-template></td></tr></xsl:for-each></tbody></table></xsl:for-each></xsl:for-each>
 <xsl:if test="$report/r:neighbours[r:neighbour or @hashed &gt; 0]"><h3>Neighbours: where to look for the digests of bad.sha256 next</h3>
  <xsl:if test="$report/r:neighbours/r:neighbour"><table><caption>Hosts from which logins were accepted, as logs of this host say, and hosts that its known_hosts files name (<xsl:value-of select="$report/r:neighbours/@count"/>)</caption><thead><tr><th scope="col">Address</th><th scope="col">System</th><th scope="col" class="n">Records of logins</th><th scope="col">First</th><th scope="col">Last</th><th scope="col" class="n">Lines of known_hosts</th><th scope="col">Seen first in</th></tr></thead><tbody>
   <xsl:for-each select="$report/r:neighbours/r:neighbour"><tr><th scope="row"><bdi dir="ltr"><xsl:apply-templates select="r:address/node()"/></bdi></th><td><xsl:value-of select="@system"/></td><td class="n"><xsl:value-of select="@logins"/></td><td><xsl:call-template name="when"><xsl:with-param name="t" select="@first"/></xsl:call-template></td><td><xsl:call-template name="when"><xsl:with-param name="t" select="@last"/></xsl:call-template></td><td class="n"><xsl:value-of select="@known"/></td><td><xsl:for-each select="r:seen"><xsl:call-template name="place"/></xsl:for-each></td></tr></xsl:for-each></tbody></table></xsl:if>
  <xsl:if test="$report/r:neighbours/@hashed &gt; 0"><p>Lines of known_hosts files whose host is hashed: <xsl:value-of select="$report/r:neighbours/@hashed"/>. They are counted, not guessed; <code>ssh-keygen -F NAME -f known_hosts</code> tells whether one of them is a given host.</p></xsl:if></xsl:if>
</xsl:template>

<!-- Made from the facts of an earlier run: what they are, and what they could not answer. -->
<xsl:template name="judged-again">
 <xsl:for-each select="$report/r:judged-again"><h3>Judged again without the evidence</h3>
  <p>The facts are those that version <xsl:value-of select="substring-after(concat(' ', @program), ' ')"/> read of the evidence for the report <xsl:value-of select="@report-id"/> in the folder <code><xsl:apply-templates select="r:folder/node()"/></code> (SHA-256 of its MANIFEST.sha256 <code class="hash"><xsl:value-of select="r:manifest"/></code>, of its report.xml <code class="hash"><xsl:value-of select="r:report"/></code>). The evidence was not read: hash sets, rules and statements of the examiner were asked of those facts.</p>
  <xsl:if test="r:not-asked"><p>What could not be asked again:</p><ul><xsl:for-each select="r:not-asked"><li><xsl:apply-templates select="node()"/></li></xsl:for-each></ul></xsl:if></xsl:for-each>
</xsl:template>

<xsl:template name="coverage">
 <xsl:variable name="notes" select="$report/r:notes"/>
 <section id="coverage"><h2>7. Coverage and limitations</h2>
  <xsl:call-template name="judged-again"/>
  <xsl:for-each select="$report/r:systems/r:system"><p><strong>System <xsl:value-of select="@id"/></strong><xsl:if test="r:os">: <xsl:apply-templates select="r:os/node()"/></xsl:if><xsl:if test="r:host">, host <xsl:apply-templates select="r:host/node()"/></xsl:if>.<xsl:if test="r:origin"> It is the <xsl:apply-templates select="r:origin/node()"/><xsl:if test="@within">, within <xsl:value-of select="@within"/></xsl:if><xsl:if test="r:layer">: <xsl:value-of select="count(r:layer) + 1"/> layers over one another</xsl:if>. A layer that several systems share is counted with the first of them.</xsl:if> Zone <xsl:choose><xsl:when test="@zone"><xsl:value-of select="@zone"/><xsl:if test="@zone-source"> (<xsl:value-of select="@zone-source"/>)</xsl:if></xsl:when><xsl:otherwise>not known</xsl:otherwise></xsl:choose>. <xsl:call-template name="number"><xsl:with-param name="n" select="@packages"/></xsl:call-template> packages with <xsl:call-template name="number"><xsl:with-param name="n" select="@package-files"/></xsl:call-template> paths; <xsl:call-template name="number"><xsl:with-param name="n" select="@programs"/></xsl:call-template> programs examined<xsl:if test="@package-database='true' and @package-database-whole='true'">, of them owned by no package: <xsl:call-template name="number"><xsl:with-param name="n" select="@unowned-programs"/></xsl:call-template></xsl:if><xsl:choose><xsl:when test="@package-database='false'"> (<strong>no package database was read</strong>)</xsl:when><xsl:when test="@package-database-whole='false'"> (<strong>the database was not read whole</strong>)</xsl:when></xsl:choose>; package logs <xsl:choose><xsl:when test="@log-first">cover <xsl:call-template name="when"><xsl:with-param name="t" select="@log-first"/></xsl:call-template> to <xsl:call-template name="when"><xsl:with-param name="t" select="@log-last"/></xsl:call-template> UTC<xsl:if test="@package-log-whole='false'"> (not whole)</xsl:if></xsl:when><xsl:otherwise>cover nothing</xsl:otherwise></xsl:choose>. Mounts: <xsl:for-each select="r:mount"><xsl:if test="position() &gt; 1">, </xsl:if><xsl:apply-templates select="r:path"/> on <xsl:value-of select="@evidence"/><xsl:text> </xsl:text><xsl:value-of select="@volume"/></xsl:for-each><xsl:if test="@complete='false'">; <strong>not every mount was found</strong></xsl:if>.</p></xsl:for-each>
  <table><caption>Sources that were looked for</caption><thead><tr><th scope="col">Reader</th><th scope="col">Path</th><th scope="col">Result</th><th scope="col" class="n">Bytes</th><th scope="col" class="n">Rows</th></tr></thead><tbody>
   <xsl:for-each select="$report/r:sources/r:source"><tr><th scope="row"><xsl:value-of select="@driver"/><span class="q"><xsl:text> </xsl:text><xsl:value-of select="@table"/></span></th><td><xsl:choose><xsl:when test="r:path"><xsl:apply-templates select="r:path"/></xsl:when><xsl:otherwise>-</xsl:otherwise></xsl:choose></td><td><xsl:call-template name="words"><xsl:with-param name="t" select="@result"/></xsl:call-template></td><td class="n"><xsl:call-template name="number"><xsl:with-param name="n" select="@size"/></xsl:call-template></td><td class="n"><xsl:call-template name="number"><xsl:with-param name="n" select="@rows"/></xsl:call-template></td></tr></xsl:for-each>
   <xsl:if test="not($report/r:sources/r:source)"><tr><td colspan="5">None: no installed system was found.</td></tr></xsl:if></tbody></table>
  <p class="note">The rows of a log and of those that were rotated from it are counted at the first.</p>
  <xsl:variable name="logs" select="$report/r:sources/r:source[r:covers]"/>
  <xsl:if test="$logs"><table><caption>What each log covers</caption><thead><tr><th scope="col">Log</th><th scope="col">It tells</th><th scope="col">From (UTC)</th><th scope="col">To (UTC)</th><th scope="col" class="n">Records</th><th scope="col">Gaps</th></tr></thead><tbody>
   <xsl:for-each select="$logs"><xsl:variable name="c" select="r:covers"/><tr><th scope="row"><xsl:apply-templates select="r:path"/></th><td><xsl:choose><xsl:when test="$c/@manager">when packages of <xsl:value-of select="$c/@manager"/> were changed</xsl:when><xsl:otherwise>what else happened on the host</xsl:otherwise></xsl:choose></td><td><xsl:choose><xsl:when test="$c/@first"><xsl:call-template name="when"><xsl:with-param name="t" select="$c/@first"/></xsl:call-template></xsl:when><xsl:otherwise>no time</xsl:otherwise></xsl:choose></td><td><xsl:choose><xsl:when test="$c/@last"><xsl:call-template name="when"><xsl:with-param name="t" select="$c/@last"/></xsl:call-template></xsl:when><xsl:otherwise>no time</xsl:otherwise></xsl:choose></td><td class="n"><xsl:call-template name="number"><xsl:with-param name="n" select="$c/@records"/></xsl:call-template></td><td>
    <xsl:if test="@result != 'read'"><div><strong>not read whole</strong></div></xsl:if>
    <xsl:if test="$c/@rotations-missing"><div><strong><xsl:value-of select="$c/@rotations-missing"/> rotated part<xsl:if test="$c/@rotations-missing != 1">s</xsl:if> missing</strong> between this one and the next</div></xsl:if>
    <xsl:if test="$c/@times-back"><div><strong>times go back</strong> <xsl:value-of select="$c/@times-back"/> time<xsl:if test="$c/@times-back != 1">s</xsl:if><xsl:if test="$c/@back-line &gt; 0">, first at line <xsl:value-of select="$c/@back-line"/></xsl:if></div></xsl:if>
    <xsl:if test="$c/@packages-before &gt; 0"><div>begins after <xsl:call-template name="number"><xsl:with-param name="n" select="$c/@packages-before"/></xsl:call-template> of the packages were installed</div></xsl:if>
    <xsl:if test="$c/@silent-unusually='true'"><div><strong>silent much longer than usual</strong>: <xsl:call-template name="when"><xsl:with-param name="t" select="$c/@silent-from"/></xsl:call-template> to <xsl:call-template name="when"><xsl:with-param name="t" select="$c/@silent-to"/></xsl:call-template></div></xsl:if>
    <xsl:if test="$c/@silent-unusually='false'"><div>longest silence <xsl:call-template name="when"><xsl:with-param name="t" select="$c/@silent-from"/></xsl:call-template> to <xsl:call-template name="when"><xsl:with-param name="t" select="$c/@silent-to"/></xsl:call-template></div></xsl:if>
   </td></tr></xsl:for-each></tbody></table>
  <p class="note">Whether a change has no record is judged by the logs of the manager that owns the file, over all their parts. A silence is counted from the part before on; it is unusual where it lasts more than two days and eight times as long as the log's other silences of an hour or more.</p></xsl:if>
  <xsl:if test="$report/r:locks/r:lock"><table><caption>Package locks (<xsl:value-of select="$report/r:locks/@count"/>)</caption><thead><tr><th scope="col">Kind</th><th scope="col">Package or pattern</th><th scope="col">Seen in</th></tr></thead><tbody><xsl:for-each select="$report/r:locks/r:lock"><tr><th scope="row"><xsl:call-template name="words"><xsl:with-param name="t" select="@kind"/></xsl:call-template></th><td><code><xsl:value-of select="@pattern"/></code></td><td><xsl:for-each select="r:seen"><xsl:call-template name="seen"/></xsl:for-each></td></tr></xsl:for-each></tbody></table></xsl:if>
  <h3>What was not examined, and why</h3>
  <p><xsl:call-template name="number"><xsl:with-param name="n" select="$notes/@count"/></xsl:call-template> <xsl:choose><xsl:when test="$notes/@count = 1"> note; </xsl:when><xsl:otherwise> notes; </xsl:otherwise></xsl:choose><xsl:call-template name="number"><xsl:with-param name="n" select="$notes/@incomplete"/></xsl:call-template> of them on what was to be examined and was not<xsl:if test="$notes/@dropped &gt; 0">; <xsl:value-of select="$notes/@dropped"/> more were counted only</xsl:if>. All are in <code>notes.jsonl</code>.</p>
  <xsl:if test="$notes/r:note-kind"><table><thead><tr><th scope="col">What</th><th scope="col" class="n">Notes</th><th scope="col">Incomplete</th></tr></thead><tbody><xsl:for-each select="$notes/r:note-kind"><tr><th scope="row"><xsl:value-of select="."/></th><td class="n"><xsl:value-of select="@count"/></td><td><xsl:choose><xsl:when test="@incomplete='true'"><strong>yes</strong></xsl:when><xsl:otherwise>no</xsl:otherwise></xsl:choose></td></tr></xsl:for-each></tbody></table></xsl:if>
  <xsl:if test="$notes/r:note"><details><xsl:if test="$notes/@incomplete &gt; 0"><xsl:attribute name="open">open</xsl:attribute></xsl:if><summary>The notes<xsl:if test="count($notes/r:note) &lt; $notes/@count">, the first <xsl:value-of select="count($notes/r:note)"/></xsl:if></summary><table><thead><tr><th scope="col">Where</th><th scope="col">What</th></tr></thead><tbody><xsl:for-each select="$notes/r:note"><tr><td><xsl:value-of select="@evidence"/><xsl:text> </xsl:text><xsl:value-of select="@volume"/><xsl:text> </xsl:text><xsl:apply-templates select="r:path"/><xsl:if test="@length"> bytes <xsl:call-template name="number"><xsl:with-param name="n" select="@offset"/></xsl:call-template> + <xsl:call-template name="number"><xsl:with-param name="n" select="@length"/></xsl:call-template></xsl:if></td><td><xsl:if test="@incomplete='true'"><span class="flag">incomplete</span><xsl:text> </xsl:text></xsl:if><xsl:apply-templates select="r:text/node()"/><xsl:if test="@files"> (<xsl:call-template name="number"><xsl:with-param name="n" select="@files"/></xsl:call-template> files)</xsl:if></td></tr></xsl:for-each></tbody></table></details></xsl:if>
  <h3>What such an examination cannot show</h3>
  <ol><li>A hash set shows identity of content, not intent. Unknown says only that no set and no record has the digest.</li><li>Package databases and logs lie on the examined medium and may have been altered with it; the trust of each verdict says on what it rests. MD5, which dpkg keeps, excludes accident, not a prepared collision.</li><li>Time stamps can be set by programs; the change time of the inode is harder to set, and is shown beside the others.</li><li>Deleted content that is gone, swap and unpartitioned space were not searched.</li><li>Whether a program runs, and what started it, a dead medium shows only in part.</li></ol>
  <xsl:call-template name="hosts"/>
 </section>
</xsl:template>

<xsl:template name="validation">
 <section id="validation"><h2>8. Validation and error</h2>
  <table><thead><tr><th scope="col">Source of error</th><th scope="col">Effect</th><th scope="col">What was done</th><th scope="col">Weakness in SOLVE-IT</th></tr></thead><tbody>
   <tr><th scope="row">Damage of the image taken for a change</th><td>false difference</td><td>damaged ranges are kept; a digest over one is unreliable and never a changed file</td><td>-</td></tr>
   <tr><th scope="row">A reader goes wrong</th><td>wrong digest</td><td>accused files are read twice, by independent paths; a difference is a note and makes the digest unreliable</td><td>DFW-1132</td></tr>
   <tr><th scope="row">An incomplete image passes for a whole one</th><td>omission</td><td>segments that are missing and ranges that cannot be read are notes, and make the examination incomplete</td><td>DFW-1126</td></tr>
   <tr><th scope="row">The image was replaced together with its stored digest</th><td>wrong evidence</td><td>a digest recorded elsewhere is compared where it was given or stands beside the image</td><td>DFW-1128</td></tr>
   <tr><th scope="row">A file is missed</th><td>omission</td><td>directories that could not be read whole are notes; with them absence is judged of nothing</td><td>-</td></tr>
   <tr><th scope="row">Wrong or stale row in a set</th><td>false match, false unknown</td><td>release and digest of each set, row and grade of each match are in the report; rows known to be listed wrongly are conflicts</td><td>-</td></tr>
   <tr><th scope="row">A stamp or a time of a log is decoded wrongly</th><td>shifted times</td><td>the resolution stands beside each stamp</td><td>DFW-1151</td></tr>
   <tr><th scope="row">Clock or zone of the host wrong</th><td>shifted times</td><td>local times use the zone of the image; times of an unknown zone are never compared; relations between times of the host hold</td><td>DFW-1147, DFW-1269</td></tr>
   <tr><th scope="row">Accidental collision of digests</th><td>false match</td><td>negligible for SHA-256; the algorithm of each match is named</td><td>-</td></tr></tbody></table>
  <xsl:for-each select="$report/r:accuracy"><table><caption>How often <xsl:value-of select="$report/@program"/> was right over its own corpus (<xsl:value-of select="@corpus"/>)</caption><thead><tr><th scope="col">Asked</th><th scope="col" class="n">Of</th><th scope="col" class="n">Wrong</th><th scope="col" class="n">Upper 95 % bound of wrong</th></tr></thead><tbody>
   <tr><th scope="row">Alterations of hosts: missed</th><td class="n"><xsl:value-of select="@altered"/></td><td class="n"><xsl:value-of select="@altered - @found"/></td><td class="n"><xsl:call-template name="share"><xsl:with-param name="n" select="@missed-bound-percent"/></xsl:call-template> %</td></tr>
   <tr><th scope="row">Clean hosts: accused of a changed or bad program</th><td class="n"><xsl:value-of select="@clean-hosts"/></td><td class="n"><xsl:value-of select="@accused-hosts"/></td><td class="n"><xsl:call-template name="share"><xsl:with-param name="n" select="@accused-bound-percent"/></xsl:call-template> %</td></tr></tbody></table></xsl:for-each>
  <p class="note">This is no error rate of this examination: no representative sample exists (compare ASTM E3016, SWGDE 12-Q-001), and the corpus was written by those who wrote the program. The bounds are those of Clopper and Pearson; <code>make accuracy</code> of the sources measures again, and the laboratory keeps its own record with its validation. The document behind this page was held against its schema when it was written.</p>
 </section>
</xsl:template>

<xsl:template name="exhibits">
 <section id="exhibits"><h2>9. Exhibits and verification</h2>
  <table><thead><tr><th scope="col">File</th><th scope="col">What it holds</th></tr></thead><tbody><xsl:for-each select="$report/r:exhibits/r:file"><tr><th scope="row"><code><xsl:value-of select="@name"/></code></th><td><xsl:value-of select="."/></td></tr></xsl:for-each><tr><th scope="row"><code>MANIFEST.sha256</code></th><td>the SHA-256 of each of them; with a signing key also <code>MANIFEST.sha256.p7s</code></td></tr><tr><th scope="row"><code>MANIFEST.sha256.tsq</code></th><td>a request for a time stamp over the manifest (RFC 3161), for an authority of your choice</td></tr></tbody></table>
  <p>In the output folder; the second command where the manifest is signed:</p>
  <pre><code>sha256sum -c MANIFEST.sha256
openssl cms -verify -binary -inform DER -in MANIFEST.sha256.p7s -content MANIFEST.sha256 -CAfile CA.pem -out /dev/null
t1554triage check-report .</code></pre>
 </section>
</xsl:template>

<xsl:template name="declaration">
 <xsl:variable name="d" select="$report/r:declaration/@template"/>
 <section id="declaration"><h2>10. Declaration</h2>
  <xsl:choose>
   <xsl:when test="$d='none'"><p>No declaration was asked for (<code>--declaration</code>).</p></xsl:when>
   <xsl:otherwise>
    <p class="blank">Draft until signed. The text is a template (<xsl:value-of select="$d"/>); the person who signs is responsible for it.</p>
    <xsl:choose>
     <xsl:when test="$d='fre902'"><p>I, ________________________, am qualified to make this certification under Rules 902(13) and 902(14) of the Federal Rules of Evidence by reason of ________________________. The records in this report were generated by an electronic process that, to my knowledge, produces an accurate result; the digests in section 5 identify the copy that was examined. I declare under penalty of perjury that the foregoing is true and correct. Executed on ____________.</p></xsl:when>
     <xsl:when test="$d='uk-technical'"><p>This is a statement of fact without opinion. I examined the items named in section 5 with the tool and the settings stated in this report. Declaration under the statutory Code of Practice of the Forensic Science Regulator (the laboratory enters the prescribed wording): ________________________________________________</p></xsl:when>
     <xsl:otherwise><p>My duty is to the court; what is fact and what is my opinion is marked. I examined the items named in section 5 with the tool and the settings stated in this report. Declaration under the statutory Code of Practice of the Forensic Science Regulator and statement of truth (the laboratory enters the prescribed wording): ________________________________________________</p></xsl:otherwise>
    </xsl:choose>
   </xsl:otherwise>
  </xsl:choose>
  <div class="sig"><div>Name and role</div><div>Place and date</div><div>Signature</div></div></section>
</xsl:template>

<xsl:template name="appendix">
 <section id="appendix"><h2>11. Appendix</h2>
  <details><summary>All checks (<xsl:value-of select="count($report/r:checks/r:check)"/>), also those without a finding</summary><table><thead><tr><th scope="col">Check</th><th scope="col">Asks</th><th scope="col">Row of the playbook</th><th scope="col" class="n">Findings</th></tr></thead><tbody><xsl:for-each select="$report/r:checks/r:check"><tr><th scope="row"><code><xsl:value-of select="@id"/></code></th><td><xsl:apply-templates select="r:title/node()"/></td><td><xsl:apply-templates select="r:playbook/node()"/></td><td class="n"><xsl:value-of select="@findings"/></td></tr></xsl:for-each></tbody></table></details>
  <details><summary>Words used</summary>
   <table class="kv"><tbody>
    <tr><th scope="row">conclusive match</th><td>the content is the same, by a digest without known collisions, as a row of a graded set</td></tr>
    <tr><th scope="row">strong</th><td>independent records agree, and no other explanation was found in the evidence</td></tr>
    <tr><th scope="row">moderate</th><td>one reliable record says so; other explanations are less likely</td></tr>
    <tr><th scope="row">limited</th><td>a sign that is also common on systems with nothing wrong</td></tr>
    <tr><th scope="row">neutral</th><td>speaks neither for nor against</td></tr>
    <tr><th scope="row">supports benign</th><td>speaks for an ordinary explanation</td></tr>
    <tr><th scope="row">severity</th><td>how much it matters if it holds; apart from how well it is supported</td></tr>
    <tr><th scope="row">trust</th><td>what a verdict rests on: path, database on the medium, database with its own digests, signed database, independent set, signature of the vendor</td></tr>
    <tr><th scope="row">known, known good</th><td>in a set that vouches for nothing, or for its content</td></tr>
    <tr><th scope="row">MACB</th><td>modified, accessed, changed (inode), born</td></tr>
    <tr><th scope="row"><span class="esc">\xHH</span></th><td>a byte of a name or text that cannot be shown, or would change how the text around it is shown</td></tr>
   </tbody></table></details></section>
</xsl:template>
</xsl:stylesheet>
